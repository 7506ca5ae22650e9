import { invalidOption, listOf, reading, requireOptions } from '../foundation/invalid-option.ts';
import { requireStartOptions } from './admission-errors.ts';
import { type Due, readDue } from './due.ts';
import type { StartOptions } from './job-client.ts';
import type { AnyJobDefinition } from './job-definition.ts';
import { type OnConflict, readKey, readOnConflict } from './keys.ts';
import { readPriority } from './line.ts';

/** The options of a start, checked. */
export interface StartPlan {
  readonly exclusivityKey: string | undefined;
  readonly onConflict: OnConflict;
  readonly priority: number;
  readonly due: Due | undefined;
  readonly transfer: readonly unknown[] | undefined;
  readonly retryOf: string | null;
}

/** Each option, read once. @throws OffstageError `invalid_option` */
export function startOptionsOf(given: StartOptions): StartOptions {
  if (given === none) return none;
  requireOptions(given);
  return reading('options', () => {
    const { exclusivityKey, onConflict, delayMs, startAt, priority, idempotencyKey } = given;
    const transfer = given.transfer && listOf('transfer', given.transfer);
    return { exclusivityKey, onConflict, delayMs, startAt, priority, idempotencyKey, transfer };
  });
}

/** @throws OffstageError `invalid_option`, naming the option. */
export function readStartOptions(
  definition: AnyJobDefinition,
  options: StartOptions,
  now: number,
): StartPlan {
  if (options === none) return planOfNone;
  requireOptions(options);
  requireStartOptions(options);
  const { transfer } = options;
  const exclusivityKey = readKey(options.exclusivityKey);
  const onConflict = readOnConflict(options.onConflict);
  if (exclusivityKey === undefined && options.onConflict !== undefined) {
    throw invalidOption('onConflict', 'given together with an exclusivityKey', options.onConflict);
  }
  if (transfer !== undefined && (definition?.retry?.attempts ?? 1) > 1) {
    throw invalidOption(
      'transfer',
      'left out where the definition has retry, as a later attempt would find its buffers gone',
      transfer,
    );
  }
  return {
    exclusivityKey,
    onConflict,
    priority: readPriority(options.priority),
    due: readDue(options, now),
    transfer,
    retryOf: null,
  };
}

/** With what options a key is used, in one text. As was asked for: a moment that has passed since is still the same. */
export function startedHow(
  { onConflict, priority }: StartPlan,
  { delayMs, startAt }: StartOptions,
): string {
  const when = startAt === undefined ? (delayMs ?? 0) : `at ${Number(startAt)}`;
  return JSON.stringify([onConflict, priority, when]);
}

/** The options of who gave none. */
export const none: StartOptions = Object.freeze({});

/** What they come to. */
export const planOfNone: StartPlan = Object.freeze({
  exclusivityKey: undefined,
  onConflict: 'reject',
  priority: 0,
  due: undefined,
  transfer: undefined,
  retryOf: null,
});
