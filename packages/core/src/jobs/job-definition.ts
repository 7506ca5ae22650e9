import { OffstageError } from '../foundation/errors.ts';
import type { InferInput, InferOutput, StandardSchema } from '../foundation/standard-schema.ts';
import { checkRetry, type RetryOptions } from './retry-policy.ts';

/**
 * What a browser, a server and a worker agree on about one kind of job. It holds no code of the
 * handler, so any side may import it.
 */
export interface JobDefinition<
  Input extends StandardSchema = StandardSchema,
  Result extends StandardSchema = StandardSchema,
  Phase extends string = string,
> {
  /** Unique in an application: letters, digits, `.`, `_`, `-`; at most 100 characters. */
  readonly name: string;
  readonly input: Input;
  readonly result: Result;
  /** The phases a job passes, in order; progress names one of them. At least one. */
  readonly phases: readonly Phase[];
  /**
   * After this many milliseconds an attempt is asked to stop and fails with `timeout`. Counts until
   * the result schema has answered.
   */
  readonly timeoutMs?: number | undefined;
  /** How often a job is attempted that fails. @default once */
  readonly retry?: RetryOptions | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the one place where "a definition of whatever types" is meant; schemas are invariant in their types.
export type AnyJobDefinition = JobDefinition<any, any, any>;

/** What a caller passes to `start`. */
export type InputOf<D extends AnyJobDefinition> = InferInput<D['input']>;
/** What the handler receives: the input after its schema has parsed it. */
export type ParsedInputOf<D extends AnyJobDefinition> = InferOutput<D['input']>;
/** What the handler returns. */
export type ReturnOf<D extends AnyJobDefinition> = InferInput<D['result']>;
/** What an observer sees as `result`: the return value after its schema has parsed it. */
export type ResultOf<D extends AnyJobDefinition> = InferOutput<D['result']>;
export type PhaseOf<D extends AnyJobDefinition> = D['phases'][number];

// No phase at all is one name too few; said by the compiler where it can be seen.
type AtLeastOne<Phase extends string> = [Phase] extends [never]
  ? { readonly phases: readonly ['A job has at least one phase.'] }
  : unknown;

/**
 * Defines a kind of job.
 *
 * @throws OffstageError `invalid_definition` when the name, a phase, `timeoutMs` or `retry` is out of form.
 * @example
 * const ingest = defineJob({
 *   name: 'documents.ingest',
 *   input: z.object({ uploads: z.array(z.string()) }),
 *   result: z.object({ version: z.string() }),
 *   phases: ['save', 'index', 'done'],
 * });
 */
export function defineJob<
  Input extends StandardSchema,
  Result extends StandardSchema,
  const Phase extends string,
>(
  definition: JobDefinition<Input, Result, Phase> & AtLeastOne<Phase>,
): JobDefinition<Input, Result, Phase> {
  const { name, input, result, phases, timeoutMs, retry } = definition;
  const reject = (message: string): never => {
    throw new OffstageError('invalid_definition', message, { details: { name } });
  };
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    reject(
      'A job name has 1 to 100 letters, digits, ".", "_" or "-", and begins with a letter or digit.',
    );
  }
  if (!isSchema(input) || !isSchema(result)) {
    reject(`Job "${name}": input and result must be Standard Schemas, such as zod's.`);
  }
  if (!Array.isArray(phases) || phases.length === 0 || new Set(phases).size !== phases.length) {
    reject(`Job "${name}": phases must be a list of at least one name, each used once.`);
  }
  if (
    phases.length > 1000 ||
    phases.some((phase) => typeof phase !== 'string' || phase === '' || phase.length > 100)
  ) {
    reject(`Job "${name}": there are at most 1,000 phases, each a string of 1 to 100 characters.`);
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    reject(`Job "${name}": timeoutMs must be a positive number of milliseconds.`);
  }
  checkRetry(retry, (message) => reject(`Job "${name}": ${message}`));
  return Object.freeze({
    ...definition,
    phases: Object.freeze([...phases]),
    ...(retry === undefined ? {} : { retry: Object.freeze({ ...retry }) }),
  });
}

function isSchema(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = Reflect.get(value, '~standard');
  return typeof standard === 'object' && standard !== null && 'validate' in standard;
}
