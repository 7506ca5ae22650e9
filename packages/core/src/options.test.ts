import { expectTypeOf, test } from 'vitest';
import type { OffstageErrorOptions } from './foundation/errors.ts';
import type {
  AnyJobDefinition,
  FinalizeOptions,
  HandleOptions,
  InlineExecutorOptions,
  JobManagerOptions,
  LeaseOptions,
  ListFilter,
  OpenOptions,
  PollOptions,
  PruneOptions,
  RepairOptions,
  RetryOptions,
  ScheduleOptions,
  ShutdownOptions,
  SnapshotStoreOptions,
  StandardSchema,
  StartOptions,
  WaitOptions,
  WatchOptions,
  WriteOptions,
  WriterOptions,
} from './index.ts';
import type { JobObserverOptions } from './observe/index.ts';
import type { CommitOptions, RootOptions, SnapshotStorage } from './storage.ts';
import type { MemoryJournalOptions, MemoryStorageOptions } from './testing/index.ts';

/** The optional fields of `T` that may be left out, and may not be `undefined`. */
type Refusing<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? Record<K, undefined> extends Pick<T, K>
      ? never
      : K
    : never;
}[keyof T];

test('J2 under exactOptionalPropertyTypes an option may be undefined wherever it may be left out', () => {
  expectTypeOf<Refusing<{ readonly strict?: string }>>().toEqualTypeOf<'strict'>();
  expectTypeOf<
    | Refusing<HandleOptions<AnyJobDefinition>>
    | Refusing<InlineExecutorOptions>
    | Refusing<JobManagerOptions>
    | Refusing<JobObserverOptions>
    | Refusing<ListFilter>
    | Refusing<PollOptions>
    | Refusing<RetryOptions>
    | Refusing<ScheduleOptions>
    | Refusing<ShutdownOptions>
    | Refusing<StartOptions>
    | Refusing<WaitOptions>
    | Refusing<OffstageErrorOptions>
  >().toEqualTypeOf<never>();
  expectTypeOf<
    | Refusing<CommitOptions>
    | Refusing<FinalizeOptions>
    | Refusing<LeaseOptions>
    | Refusing<OpenOptions>
    | Refusing<PruneOptions>
    | Refusing<RepairOptions>
    | Refusing<RootOptions>
    | Refusing<SnapshotStoreOptions<StandardSchema>>
    | Refusing<WatchOptions>
    | Refusing<WriteOptions>
    | Refusing<WriterOptions>
    | Refusing<MemoryJournalOptions>
    | Refusing<MemoryStorageOptions>
  >().toEqualTypeOf<never>();
});

test('S10 the port of a storage comes in by its own door', () => {
  expectTypeOf<SnapshotStorage>().toEqualTypeOf<SnapshotStoreOptions<StandardSchema>['storage']>();
});
