import { OffstageError } from '../foundation/errors.ts';
import {
  invalidOption,
  reading,
  requireOptions,
  requireWhole,
} from '../foundation/invalid-option.ts';
import { checkSchema } from '../foundation/schema-check.ts';
import { invalidInput } from './admission-errors.ts';
import {
  type AnyJobDefinition,
  type InputOf,
  readDefinition,
  requireDefinition,
} from './job-definition.ts';

/** What a schedule starts, and when. Exactly one of `cron` and `everyMs`. */
export interface ScheduleOptions<D extends AnyJobDefinition = AnyJobDefinition> {
  /** Five fields, minute to day of the week, or six with seconds first: `'0 3 * * *'`. */
  readonly cron?: string | undefined;
  /** Milliseconds between ticks; the first comes this long after the schedule was first set. */
  readonly everyMs?: number | undefined;
  /** Where `cron` is read: a name of the IANA time zone database. @default 'UTC' */
  readonly timezone?: string | undefined;
  readonly definition: D;
  /** A structured clone of it is kept, and each job gets one of its own. */
  readonly input: InputOf<D>;
  /** Whose jobs they are. */
  readonly owner: string;
  /**
   * What becomes of ticks that nobody was there for: `'last'` starts one job for the newest of them,
   * `'none'` starts none. @default 'none'
   */
  readonly catchUp?: 'last' | 'none' | undefined;
}

/** A schedule as it is kept. */
export interface ScheduleRecord {
  readonly id: string;
  /** The definition's. */
  readonly name: string;
  readonly input: unknown;
  readonly owner: string;
  readonly cron: string | null;
  readonly everyMs: number | null;
  readonly timezone: string;
  readonly catchUp: 'last' | 'none';
  readonly paused: boolean;
  /** Ticks up to this moment are decided: started, skipped or missed. Never again. */
  readonly decidedAt: number;
  /** The last tick that was decided; `null` before the first. */
  readonly lastTickAt: number | null;
  readonly lastJobId: string | null;
  /** Whose that job is; `owner` may have changed since. */
  readonly lastJobOwner: string | null;
}

/** What an application has set, before it has a state. */
export type ScheduleSpec = Omit<
  ScheduleRecord,
  'id' | 'paused' | 'decidedAt' | 'lastTickAt' | 'lastJobId' | 'lastJobOwner'
>;

/** @throws OffstageError `invalid_option`. */
export function readScheduleId(id: unknown): string {
  if (typeof id !== 'string' || id === '' || id.length > 200) {
    throw invalidOption('id', 'a string of 1 to 200 characters', id);
  }
  return id;
}

/** Each option, read once. @throws OffstageError `invalid_option`, `invalid_definition`. */
export function scheduleOptionsOf(options: ScheduleOptions): ScheduleOptions {
  requireOptions(options);
  return reading('options', () => {
    const { cron, everyMs, timezone, definition, input, owner, catchUp } = options;
    return {
      ...{ cron, everyMs, timezone, input, owner, catchUp },
      definition: readDefinition(definition),
    };
  });
}

/**
 * Checks all but what `cron` and `timezone` say, which `readCron` does.
 *
 * @throws OffstageError `invalid_option`, `invalid_owner`, `invalid_input` or `not_serializable`.
 */
export async function readSchedule(options: ScheduleOptions): Promise<ScheduleSpec> {
  const { cron, everyMs, timezone = 'UTC', definition, owner, catchUp = 'none' } = options;
  if (typeof definition?.name !== 'string') {
    throw invalidOption('definition', 'what defineJob returned', definition);
  }
  requireDefinition(definition);
  if ((cron === undefined) === (everyMs === undefined)) {
    throw new OffstageError('invalid_option', 'A schedule has either cron or everyMs.', {
      details: { option: 'cron' },
    });
  }
  if (cron !== undefined && (typeof cron !== 'string' || cron.length > 1000)) {
    throw invalidOption('cron', 'a cron expression of at most 1,000 characters', cron);
  }
  if (everyMs !== undefined) requireWhole('everyMs', everyMs, 1, Number.MAX_SAFE_INTEGER);
  if (typeof timezone !== 'string') throw invalidOption('timezone', 'a string', timezone);
  if (catchUp !== 'last' && catchUp !== 'none') {
    throw invalidOption('catchUp', "'last' or 'none'", catchUp);
  }
  if (typeof owner !== 'string' || owner === '') {
    throw new OffstageError('invalid_owner', "owner must be an owner's id: a string, not empty.");
  }
  return {
    name: definition.name,
    input: await readInput(definition, options.input),
    owner,
    cron: cron ?? null,
    everyMs: everyMs ?? null,
    timezone,
    catchUp,
  };
}

/**
 * What setting a schedule makes of the one that was there: its ticks go on where they were unless
 * `cron`, `everyMs` or `timezone` changed.
 */
export function nextSchedule(
  id: string,
  spec: ScheduleSpec,
  before: ScheduleRecord | undefined,
  now: number,
): { readonly record: ScheduleRecord; readonly goesOn: boolean } {
  const goesOn =
    before !== undefined &&
    before.cron === spec.cron &&
    before.everyMs === spec.everyMs &&
    before.timezone === spec.timezone;
  const record: ScheduleRecord = {
    id,
    ...spec,
    paused: before?.paused ?? false,
    // What was decided stays so, also where the clock was set back since.
    decidedAt: goesOn ? before.decidedAt : Math.max(before?.decidedAt ?? now, now),
    lastTickAt: before?.lastTickAt ?? null,
    lastJobId: before?.lastJobId ?? null,
    lastJobOwner: before?.lastJobOwner ?? null,
  };
  return { record, goesOn };
}

async function readInput(definition: AnyJobDefinition, input: unknown): Promise<unknown> {
  const checked = await checkSchema(definition.input, input);
  if (!checked.valid) throw invalidInput(definition, checked);
  try {
    return structuredClone(input);
  } catch (cause) {
    throw new OffstageError(
      'not_serializable',
      `The input of job "${definition.name}" cannot be kept: it must be structured-cloneable.`,
      { details: { name: definition.name }, cause },
    );
  }
}
