import { type Clock, systemClock } from '../foundation/clock.ts';
import { OffstageError } from '../foundation/errors.ts';
import {
  invalidOption,
  reading,
  requireClock,
  requireDuration,
  requireOptions,
} from '../foundation/invalid-option.ts';
import {
  type InferInput,
  type InferOutput,
  isSchema,
  type StandardSchema,
} from '../foundation/standard-schema.ts';
import { asyncDispose } from './async-dispose.ts';
import type { CurrentPointer, VersionRef } from './current.ts';
import { Draft } from './draft.ts';
import { randomId } from './layout.ts';
import { missingContent } from './missing-content.ts';
import { type Cleanup, readPointer } from './recovery.ts';
import { type RepairOptions, type RepairResult, repair } from './repair.ts';
import { type ScrubReport, scrub } from './scrub.ts';
import type { SnapshotStorage } from './storage.ts';
import {
  checkedIds,
  type LeaseOptions,
  type OpenOptions,
  type PruneOptions,
  readFinalizeOptions,
  readOpenOptions,
  readPolicy,
  readRepairOptions,
  readVerifyOptions,
  readWatchOptions,
  readWriterOptions,
  requireGen,
  requirePolicy,
  requireVerify,
  type WriterOptions,
} from './store-options.ts';
import { readManifest, type VerifyMode, Version } from './version.ts';
import { summaryOf, type VersionSummary } from './version-summary.ts';
import { type WatchOptions, watchVersions } from './watch.ts';
import {
  type FinalizeOptions,
  type LockOptions,
  type Published,
  takeLock,
  type WriterContext,
  WriterSession,
} from './writer-session.ts';

export interface SnapshotStoreOptions<Schema extends StandardSchema> {
  readonly storage: SnapshotStorage;
  /**
   * Checks the metadata on `finalize`, and again whenever a version is opened. What is stored is the
   * schema's input, so it must be JSON.
   */
  readonly metadata: Schema;
  /** How many of the newest versions are kept, the current one among them. @default 5 */
  readonly retain?: number | undefined;
  /** Versions younger than that are kept, however many, in milliseconds. @default 0 */
  readonly minAgeMs?: number | undefined;
  /** How long a writer waits for another one, in milliseconds. 0 tries once. @default 10_000 */
  readonly lockTimeoutMs?: number | undefined;
  /** When `version.open` compares a file with its digest. @default 'first-open' */
  readonly verify?: VerifyMode | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Makes ids: 16 characters of 0-9 and a-z without i, l, o and u. @default random ones */
  readonly newId?: (() => string) | undefined;
}

export type { VersionSummary } from './version-summary.ts';

/**
 * Versions of a set of files, published all at once or not at all. One writer at a time, across
 * threads and processes; readers never wait.
 *
 * @example
 * const store = new SnapshotStore({ storage: nodeStorage('./data'), metadata: z.object({ documents: z.number() }) });
 */
export class SnapshotStore<Schema extends StandardSchema = StandardSchema> {
  readonly #context: WriterContext;
  readonly #schema: Schema;
  readonly #lockTimeoutMs: number;
  readonly #verifyMode: VerifyMode;

  /** @throws OffstageError `invalid_option`. */
  constructor(options: SnapshotStoreOptions<Schema>) {
    requireOptions(options);
    const { schema, lockTimeoutMs, verify, context } = reading('options', () =>
      settingsOf(options),
    );
    this.#schema = schema;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.#verifyMode = verify;
    this.#context = context;
  }

  /**
   * Waits for the lock, recovers, and opens a draft.
   *
   * @throws OffstageError `locked` when another writer is at work for longer than `lockTimeoutMs`;
   * `lock_unsupported`; `corrupt` when CURRENT is broken or missing; `commit_indeterminate` after
   * such an end of an earlier draft; `invalid_option`; `storage_full`, `storage_denied`, `storage_failed`; or the
   * signal's reason.
   */
  async begin(options: WriterOptions = {}): Promise<Draft<InferInput<Schema>>> {
    const { signal, lockTimeoutMs } = this.#lockOptions(options);
    const session = await this.#openSession({ signal, lockTimeoutMs });
    try {
      const workspace = await this.#context.storage.createDraft(this.#context.newId());
      return new Draft(this.#context, this.#schema, session, workspace, signal);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /**
   * The current version, or `undefined` before the first one was published.
   *
   * @throws OffstageError `corrupt`, `unsupported_format`, `lock_unsupported` when no lease is to be
   * had and `lease` is not `false`, or `invalid_metadata` when the schema has changed since.
   */
  current(options: OpenOptions = {}): Promise<Version<InferOutput<Schema>> | undefined> {
    return this.#open((pointer) => pointer.versions[0], options);
  }

  /** @throws OffstageError `not_found`, and what `current` throws. */
  async open(gen: number, options: OpenOptions = {}): Promise<Version<InferOutput<Schema>>> {
    requireGen(gen);
    const version = await this.#open((pointer) => find(pointer, gen), options);
    if (version === undefined) throw notFound(this.#context.storage.label, gen);
    return version;
  }

  /** All versions that are kept, newest first. */
  async list(): Promise<readonly VersionSummary[]> {
    const pointer = await readPointer(this.#context.storage);
    return (pointer?.versions ?? []).map(summaryOf);
  }

  /**
   * Every version that is published from now on, once and in order. Whoever takes longer for
   * one than `retain` versions last sees those that are kept by then, and each `gen` tells how many
   * came between. The loop is left by `break` or by the signal.
   *
   * @throws OffstageError `corrupt`; or the signal's reason.
   *
   * @example
   * for await (const { gen } of store.watch({ signal })) await reopen(gen);
   */
  watch(options: WatchOptions = {}): AsyncGenerator<VersionSummary, never, undefined> {
    const { signal, after, pollIntervalMs } = readWatchOptions(options);
    const start =
      after === undefined
        ? readPointer(this.#context.storage).then((pointer) => pointer?.gen ?? 0)
        : Promise.resolve(after);
    // Told to whoever takes the first one.
    start.catch(() => undefined);
    return watchVersions(this.#context, () => this.list(), start, { signal, pollIntervalMs });
  }

  /**
   * Reads every file of every version that is kept and compares it with its digest. Changes
   * nothing, and needs no lock. Reading takes as long as the disk needs: run it now and then.
   *
   * @throws OffstageError `corrupt` when CURRENT is broken; `storage_failed`; or the signal's reason.
   */
  async verify(
    options: LeaseOptions & { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ScrubReport> {
    return scrub(this.#context.storage, readVerifyOptions(options));
  }

  /**
   * Makes an older version's content current again: a new commit with a new generation, which copies
   * nothing.
   *
   * @throws OffstageError `not_found`, `corrupt` when that version's manifest is damaged, and what
   * `begin` and `finalize` throw.
   */
  async rollback(gen: number, options: WriterOptions & FinalizeOptions = {}): Promise<Published> {
    const { storage } = this.#context;
    requireGen(gen);
    const finalized = readFinalizeOptions(options);
    const session = await this.#openSession(this.#lockOptions(options));
    try {
      const published = await session.published(finalized.key);
      if (published !== undefined) return published;
      const old = find(session.pointer, gen);
      const manifest = old && (await readManifest(storage, old));
      if (old === undefined || manifest === undefined) throw notFound(storage.label, gen);
      const ref = session.next(() => old.content, old.manifestSha256, finalized.key);
      return await session.commit(ref, manifest, finalized);
    } finally {
      await session.release();
    }
  }

  /**
   * What every `begin` does first: removes what killed writers left. Never changes which version is
   * current.
   */
  async recover(options: WriterOptions = {}): Promise<Cleanup> {
    const session = await this.#openSession(this.#lockOptions(options));
    await session.release();
    return session.cleanup;
  }

  /**
   * Removes older versions now, and not only with the next publish: of the kept ones those that
   * neither `retain` nor `minAgeMs` nor a lease protects. Publishes nothing: the current version
   * and its generation stay, and no watcher sees a new one. An abort before CURRENT was replaced
   * removes no version.
   *
   * @throws OffstageError `invalid_option`, and what `begin` and `finalize` throw.
   *
   * @example
   * await store.prune({ retain: 1 }); // frees what can be freed
   */
  async prune(options: PruneOptions = {}): Promise<Cleanup> {
    const policy = readPolicy(options, this.#context.policy);
    const lockOptions = this.#lockOptions(options);
    const session = await this.#openSession(lockOptions);
    try {
      return await session.prune(policy, { signal: lockOptions.signal });
    } finally {
      await session.release();
    }
  }

  /**
   * For a store whose CURRENT is missing or damaged, or is an older one that was put back: proposes a
   * new one from the manifests of the versions that are there, shows it to `confirm`, and writes it if
   * that answers `true`. Deletes nothing. What it leaves out, the next writer removes.
   *
   * @throws OffstageError `corrupt` when no version can be named; `not_found` when there is none of
   * `gen`; what `begin` throws; and what `confirm` throws.
   *
   * @example
   * const { problem, versions } = await store.repair(); // what it would do
   * await store.repair({ confirm: (proposal) => askSomebody(proposal) });
   */
  async repair(options: WriterOptions & RepairOptions = {}): Promise<RepairResult> {
    const { confirm, gen } = readRepairOptions(options);
    const lockOptions = this.#lockOptions(options);
    const lock = await takeLock(this.#context, lockOptions);
    try {
      return await repair(this.#context, lock, { confirm, gen, signal: lockOptions.signal });
    } finally {
      await lock.release().catch(() => undefined);
    }
  }

  #openSession(options: LockOptions): Promise<WriterSession> {
    return WriterSession.open(this.#context, options);
  }

  #lockOptions(options: WriterOptions): LockOptions {
    return readWriterOptions(options, this.#lockTimeoutMs);
  }

  /**
   * Opens the version that `pick` finds. When its content is gone by then, a writer was faster: it
   * looks again, as long as the generation moves forward (S8).
   */
  async #open(
    pick: (pointer: CurrentPointer) => VersionRef | undefined,
    options: OpenOptions,
  ): Promise<Version<InferOutput<Schema>> | undefined> {
    const { storage } = this.#context;
    const { verify, lease } = readOpenOptions(options, this.#verifyMode);
    const schema = this.#schema as StandardSchema<unknown, InferOutput<Schema>>;
    for (let seenGen = -1; ; ) {
      const pointer = await readPointer(storage);
      const ref = pointer && pick(pointer);
      if (pointer === undefined || ref === undefined) return undefined;
      if (pointer.gen <= seenGen) throw missingContent(storage.label, ref);
      seenGen = pointer.gen;
      const version = await Version.load(storage, schema, ref, { verify, lease });
      if (version === undefined) continue;
      // Named still, now that it is leased: from here on no writer removes it.
      let isNamed = false;
      try {
        const after = await readPointer(storage);
        isNamed = after?.versions.some(({ content }) => content === ref.content) ?? false;
      } finally {
        if (!isNamed) await version[asyncDispose]();
      }
      if (isNamed) return version;
    }
  }
}

const find = (pointer: CurrentPointer, gen: number): VersionRef | undefined =>
  pointer.versions.find((ref) => ref.gen === gen);

interface StoreSettings<Schema> {
  readonly schema: Schema;
  readonly lockTimeoutMs: number;
  readonly verify: VerifyMode;
  readonly context: WriterContext;
}

function settingsOf<Schema extends StandardSchema>({
  storage,
  metadata,
  retain = 5,
  minAgeMs = 0,
  lockTimeoutMs = 10_000,
  verify = 'first-open',
  clock = systemClock,
  newId = randomId,
}: SnapshotStoreOptions<Schema>): StoreSettings<Schema> {
  if (typeof Object(storage).readCurrent !== 'function') {
    throw invalidOption('storage', 'a storage, such as nodeStorage(folder)', storage);
  }
  if (!isSchema(metadata)) {
    throw invalidOption('metadata', "a Standard Schema, such as zod's", metadata);
  }
  if (typeof newId !== 'function') throw invalidOption('newId', 'a function', newId);
  return {
    schema: metadata,
    lockTimeoutMs: requireDuration('lockTimeoutMs', lockTimeoutMs),
    verify: requireVerify(verify),
    context: {
      storage,
      policy: requirePolicy({ retain, minAgeMs }),
      clock: requireClock(clock),
      newId: checkedIds(newId),
      indeterminate: undefined,
    },
  };
}

const notFound = (label: string, gen: number): OffstageError =>
  new OffstageError(
    'not_found',
    `${label} has no version of generation ${gen}: list() tells which ones are kept.`,
    { details: { gen } },
  );
