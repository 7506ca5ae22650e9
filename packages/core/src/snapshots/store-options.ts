import {
  invalidOption,
  reading,
  requireDuration,
  requireOptions,
  requireWhole,
} from '../foundation/invalid-option.ts';
import { idPattern } from './layout.ts';
import { readSignal } from './read-signal.ts';
import type { RepairOptions } from './repair.ts';
import type { RetentionPolicy } from './retention.ts';
import type { VerifyMode } from './version.ts';
import type { WatchOptions } from './watch.ts';
import { checkKey, type FinalizeOptions, type LockOptions } from './writer-session.ts';

export interface WriterOptions {
  /** Ends the waiting for the lock, and later the draft's writes, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds. @default the store's */
  readonly lockTimeoutMs?: number | undefined;
}

export interface PruneOptions extends WriterOptions {
  /** @default the store's */
  readonly retain?: number | undefined;
  /** In milliseconds. @default the store's */
  readonly minAgeMs?: number | undefined;
}

export interface LeaseOptions {
  /**
   * Whether what is open is kept from being removed. `false` is for places where no lock is to
   * be had: a retention may take the files away while they are read.
   * @default true
   */
  readonly lease?: boolean | undefined;
}

export interface OpenOptions extends LeaseOptions {
  /** @default the store's */
  readonly verify?: VerifyMode | undefined;
}

// What a caller gave is read once, field by field, and nothing of it is looked at again: what plain
// JavaScript gives may throw, or answer differently the next time (F1).

/** @throws OffstageError `invalid_option` */
export function readWriterOptions(options: WriterOptions, defaultMs: number): LockOptions {
  const { signal, lockTimeoutMs } = fieldsOf(options, ({ signal, lockTimeoutMs = defaultMs }) => ({
    signal: readSignal(signal),
    lockTimeoutMs,
  }));
  return { signal, lockTimeoutMs: requireDuration('lockTimeoutMs', lockTimeoutMs) };
}

/** @throws OffstageError `invalid_option` */
export function readOpenOptions(
  options: OpenOptions,
  mode: VerifyMode,
): { readonly verify: VerifyMode; readonly lease: boolean } {
  const { verify, lease } = fieldsOf(options, ({ verify = mode, lease = true }) => ({
    verify,
    lease,
  }));
  return { verify: requireVerify(verify), lease: requireFlag('lease', lease) };
}

/** @throws OffstageError `invalid_option` */
export function readVerifyOptions(
  options: LeaseOptions & { readonly signal?: AbortSignal | undefined },
): { readonly signal: AbortSignal | undefined; readonly lease: boolean } {
  const { signal, lease } = fieldsOf(options, ({ signal, lease = true }) => ({
    signal: readSignal(signal),
    lease,
  }));
  return { signal, lease: requireFlag('lease', lease) };
}

/** @throws OffstageError `invalid_option` */
export function readWatchOptions(
  options: WatchOptions,
): WatchOptions & { readonly pollIntervalMs: number } {
  const { signal, after, pollIntervalMs } = fieldsOf(
    options,
    ({ signal, after, pollIntervalMs = 1000 }) => ({
      signal: readSignal(signal),
      after,
      pollIntervalMs,
    }),
  );
  if (requireDuration('pollIntervalMs', pollIntervalMs) === 0) {
    throw invalidOption('pollIntervalMs', 'above 0', pollIntervalMs);
  }
  if (after !== undefined) requireWhole('after', after, 0, Number.MAX_SAFE_INTEGER);
  return { signal, after, pollIntervalMs };
}

/** @throws OffstageError `invalid_option` */
export function readFinalizeOptions(options: FinalizeOptions): FinalizeOptions {
  const { signal, fence, key } = fieldsOf(options, ({ signal, fence, key }) => ({
    signal: readSignal(signal),
    fence,
    key,
  }));
  if (fence !== undefined && typeof fence !== 'function') {
    throw invalidOption('fence', 'a function that answers true or false', fence);
  }
  checkKey(key);
  return { signal, fence, key };
}

/** @throws OffstageError `invalid_option` */
export function readPolicy(options: PruneOptions, policy: RetentionPolicy): RetentionPolicy {
  return requirePolicy(
    fieldsOf(options, ({ retain = policy.retain, minAgeMs = policy.minAgeMs }) => ({
      retain,
      minAgeMs,
    })),
  );
}

/** @throws OffstageError `invalid_option` */
export function readRepairOptions(options: RepairOptions): RepairOptions {
  const { confirm, gen } = fieldsOf(options, ({ confirm, gen }) => ({ confirm, gen }));
  if (confirm !== undefined && typeof confirm !== 'function') {
    throw invalidOption('confirm', 'a function that answers true or false', confirm);
  }
  if (gen !== undefined) requireGen(gen);
  return { confirm, gen };
}

/** @throws OffstageError `invalid_option` */
export function requirePolicy({ retain, minAgeMs }: RetentionPolicy): RetentionPolicy {
  requireWhole('retain', retain, 1, Number.MAX_SAFE_INTEGER);
  return { retain, minAgeMs: requireDuration('minAgeMs', minAgeMs) };
}

/** @throws OffstageError `invalid_option` */
export function requireVerify(verify: VerifyMode): VerifyMode {
  if (verify === 'off' || verify === 'first-open' || verify === 'always') return verify;
  throw invalidOption('verify', "'off', 'first-open' or 'always'", verify);
}

/** Of any number: one that no version has is not found. @throws OffstageError `invalid_option` */
export function requireGen(gen: unknown): void {
  if (typeof gen !== 'number') throw invalidOption('gen', 'the generation of a version', gen);
}

// An id that the layout does not know would make a directory that no recovery removes.
export const checkedIds = (newId: () => string) => (): string => {
  const id = reading('newId', newId);
  if (typeof id === 'string' && idPattern.test(id)) return id;
  throw invalidOption('newId', 'a maker of 16 characters of 0-9 and a-z without i, l, o and u', id);
};

function requireFlag(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidOption(option, 'true or false', value);
}

function fieldsOf<Options, Fields>(options: Options, read: (options: Options) => Fields): Fields {
  requireOptions(options);
  return reading('options', () => read(options));
}
