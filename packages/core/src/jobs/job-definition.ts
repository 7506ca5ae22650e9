import { OffstageError, type OffstageErrorOptions } from '../foundation/errors.ts';
import {
  type InferInput,
  type InferOutput,
  isSchema,
  type StandardSchema,
} from '../foundation/standard-schema.ts';
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
  const copy: JobDefinition<Input, Result, Phase> = copyOf(definition);
  check(copy);
  const { phases, retry } = copy;
  const made = Object.freeze({
    ...copy,
    phases: Object.freeze(phases),
    ...(retry === undefined ? {} : { retry: Object.freeze(retry) }),
  });
  known.add(made);
  return made;
}

/** What `defineJob` has made: nothing of it throws, or changes. */
const known = new WeakSet<object>();
/** One of them. Jobs of one kind often come one after the other, and to compare is faster than to look up. */
let newest: object | undefined;

function isKnown(definition: object): boolean {
  if (definition === newest) return true;
  if (!known.has(definition)) return false;
  newest = definition;
  return true;
}

/**
 * A definition that `defineJob` made as it is, and of another a copy: what a job is made of must neither throw
 * nor change while it runs. What is no object stays what it is.
 *
 * @throws OffstageError `invalid_definition` when it cannot be read.
 */
export function readDefinition<D extends AnyJobDefinition>(definition: D): D {
  const isRead = !isObject(definition) || isKnown(definition);
  return isRead ? definition : copyOf(definition);
}

/** Of what `readDefinition` gave. @throws OffstageError `invalid_definition` when `defineJob` would refuse it. */
export function requireDefinition(definition: AnyJobDefinition): void {
  if (!isObject(definition)) throw noDefinition();
  if (!isKnown(definition)) check(definition);
}

/** Reads each field once. */
function copyOf<D extends AnyJobDefinition>(definition: D): D {
  if (!isObject(definition)) throw noDefinition();
  try {
    const { name, input, result, phases, timeoutMs, retry } = definition;
    const isList = Array.isArray(phases) && phases.length <= maxPhases;
    return {
      ...definition,
      ...{ name, input, result },
      phases: isList ? Array.from({ length: phases.length }, (_, at) => phases[at]) : phases,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(retry === undefined ? {} : { retry: isObject(retry) ? { ...retry } : retry }),
    };
  } catch (cause) {
    throw invalid('The definition cannot be read; see the cause.', { cause });
  }
}

/** Of a copy. */
function check({ name, input, result, phases, timeoutMs, retry }: AnyJobDefinition): void {
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw invalid(
      'A job name has 1 to 100 letters, digits, ".", "_" or "-", and begins with a letter or digit.',
    );
  }
  const reject = (message: string): never => {
    throw invalid(`Job "${name}": ${message}`, { details: { name } });
  };
  if (!isSchema(input) || !isSchema(result)) {
    reject("input and result must be Standard Schemas, such as zod's.");
  }
  const isList = Array.isArray(phases);
  if (isList && phases.length > maxPhases) reject('there are at most 1,000 phases.');
  if (!isList || phases.length === 0 || new Set(phases).size !== phases.length) {
    reject('phases must be a list of at least one name, each used once.');
  }
  if (phases.some((phase) => typeof phase !== 'string' || phase === '' || phase.length > 100)) {
    reject('each phase is a string of 1 to 100 characters.');
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    reject('timeoutMs must be a positive number of milliseconds.');
  }
  checkRetry(retry, reject);
}

const maxPhases = 1000;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const invalid = (message: string, options?: OffstageErrorOptions): OffstageError =>
  new OffstageError('invalid_definition', message, options);

const noDefinition = (): OffstageError => invalid('A definition must be what defineJob() gives.');
