import { type Clock, sleep } from '../foundation/clock.ts';
import { OffstageError } from '../foundation/errors.ts';
import { type CurrentPointer, encodeCurrent, nameOf, type VersionRef } from './current.ts';
import { lockName } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { missingContent } from './missing-content.ts';
import { type Cleanup, recover, removeGarbage } from './recovery.ts';
import { planRetention, type RetentionPolicy } from './retention.ts';
import type { Durability, SnapshotStorage, WriterLock } from './storage.ts';
import { readManifest } from './version.ts';

/** What the writers of one store share. */
export interface WriterContext {
  readonly storage: SnapshotStorage;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Set by a commit whose outcome is unknown; no writer starts after it. */
  indeterminate: OffstageError | undefined;
}

export interface LockOptions {
  /** Ends the waiting with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for another writer, in milliseconds; 0 tries once. */
  readonly lockTimeoutMs: number;
}

export interface FinalizeOptions {
  /** Aborted before the commit point: nothing is published. Later: it comes too late. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Asked as late as can be whether this writer may still publish, such as whether its job's attempt
   * still is the newest. `false`, or an error, ends in `fenced`, and nothing is published.
   */
  readonly fence?: (() => boolean | Promise<boolean>) | undefined;
  /**
   * What this is, such as the id of its job: 1 to 200 characters. A store in which a version that is
   * kept was published under the same key publishes nothing, and that version is what `finalize`
   * resolves to. So work that is done again after its commit is not published again.
   */
  readonly key?: string | undefined;
}

/** What was published. */
export interface Published {
  /** `<gen>-<id>`, the name of this commit. */
  readonly version: string;
  readonly gen: number;
  /** As it was written. */
  readonly manifest: Manifest;
  /** What the publish survives from now on. */
  readonly durability: Durability;
  /** What retention removed and what it could not; a failure there does not fail the publish. */
  readonly cleanup: Cleanup;
  /** Nothing was published: the version was there, published under the same key before. */
  readonly repeated: boolean;
}

/** One writer's turn: from the lock, through recovery, to at most one commit. */
export class WriterSession {
  readonly #context: WriterContext;
  readonly #lock: WriterLock;
  readonly pointer: CurrentPointer;
  readonly cleanup: Cleanup;
  #released = false;

  private constructor(
    context: WriterContext,
    lock: WriterLock,
    recovered: { readonly pointer: CurrentPointer; readonly cleanup: Cleanup },
  ) {
    this.#context = context;
    this.#lock = lock;
    this.pointer = recovered.pointer;
    this.cleanup = recovered.cleanup;
  }

  /** Step 0: takes the lock, and recovers. */
  static async open(context: WriterContext, options: LockOptions): Promise<WriterSession> {
    if (context.indeterminate !== undefined) throw refused(context.indeterminate);
    const lock = await takeLock(context, options);
    try {
      options.signal?.throwIfAborted();
      if (context.indeterminate !== undefined) throw refused(context.indeterminate);
      return new WriterSession(context, lock, await recover(context.storage, lock, context.newId));
    } catch (error) {
      await lock.release();
      throw noted(context, error);
    }
  }

  /** The next commit, for the content of that name. */
  next(
    content: (gen: number, id: string) => string,
    manifestSha256: string,
    key: string | undefined,
  ): VersionRef {
    const gen = this.pointer.gen + 1;
    const id = this.#context.newId();
    const createdAt = Math.max(0, Math.trunc(this.#context.clock.now()));
    const ref = { gen, id, content: content(gen, id), manifestSha256, createdAt };
    return key === undefined ? ref : { ...ref, key };
  }

  /**
   * The version that was published under that key, if CURRENT names it still.
   *
   * @throws OffstageError `invalid_option`; `corrupt` when its manifest is damaged or missing.
   */
  async published(key: string | undefined): Promise<Published | undefined> {
    if (!checkKey(key)) return undefined;
    const ref = this.pointer.versions.find((known) => known.key === key);
    if (ref === undefined) return undefined;
    const { storage } = this.#context;
    const manifest = await readManifest(storage, ref);
    if (manifest === undefined) throw missingContent(storage.label, ref);
    return {
      version: nameOf(ref),
      gen: ref.gen,
      manifest,
      durability: await storage.durability(),
      cleanup: { removed: [], failed: [] },
      repeated: true,
    };
  }

  /** Steps 4 to 6: the commit, and what goes because of it. */
  async commit(
    ref: VersionRef,
    manifest: Manifest,
    { signal, fence }: FinalizeOptions,
  ): Promise<Published> {
    const { storage, policy, clock, newId } = this.#context;
    const versions = planRetention(
      ref,
      this.pointer.versions,
      await this.#leased(),
      clock.now(),
      policy,
    );
    const durability = await storage.durability();
    const pointer: CurrentPointer = { gen: ref.gen, commitId: newId(), versions };
    const cleanup = await this.#replaceCurrent(pointer, { signal, fence });
    return { version: nameOf(ref), gen: ref.gen, manifest, durability, cleanup, repeated: false };
  }

  /**
   * Names no more than the current version and those that `policy` keeps beside it. It publishes
   * nothing, so the generation stays: watchers see no new version, and a pointer is as old as before.
   */
  async prune(policy: RetentionPolicy, options: FinalizeOptions): Promise<Cleanup> {
    const { clock, newId } = this.#context;
    const [current, ...older] = this.pointer.versions;
    if (current === undefined) return this.cleanup;
    const versions = planRetention(current, older, await this.#leased(), clock.now(), policy);
    if (versions.length === this.pointer.versions.length) return this.cleanup;
    const { gen } = this.pointer;
    const cleanup = await this.#replaceCurrent({ gen, commitId: newId(), versions }, options);
    return {
      removed: [...this.cleanup.removed, ...cleanup.removed],
      // What could not be removed before was tried again.
      failed: cleanup.failed,
    };
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    // A commit stands whatever its lock says, and the lock goes with the process at the latest.
    await this.#lock.release().catch(() => undefined);
  }

  /** The commit, and the deletion of what it names no more, whose failure does not undo it. */
  async #replaceCurrent(
    pointer: CurrentPointer,
    { signal, fence }: FinalizeOptions,
  ): Promise<Cleanup> {
    const { storage } = this.#context;
    const bytes = await encodeCurrent(pointer, storage);
    const lastLook = async (): Promise<void> => {
      if (fence !== undefined) await askFence(fence);
      if (!(await this.#lock.isHeld())) throw lostLock(storage.label);
    };
    try {
      await storage.commit(this.pointer.gen, { gen: pointer.gen, bytes }, { lastLook, signal });
    } catch (error) {
      throw noted(this.#context, error);
    }
    const failed = await this.#note(pointer.gen);
    try {
      const cleanup = await removeGarbage(storage, pointer);
      return { ...cleanup, failed: [...cleanup.failed, ...failed] };
    } catch (error) {
      return { removed: [], failed: [...failed, { name: storage.label, error }] };
    }
  }

  /** The commit stands without, and the next recovery notes it. */
  async #note(gen: number): Promise<Cleanup['failed']> {
    if (gen === this.pointer.gen) return [];
    try {
      await this.#lock.recordGen(gen);
      return [];
    } catch (error) {
      return [{ name: lockName, error }];
    }
  }

  /** The reason of what failed, if it is that this writer's lock is lost. */
  async lostLock(error: unknown): Promise<unknown> {
    if (!OffstageError.isInstance(error) || error.code === 'commit_indeterminate') return error;
    if (await this.#lock.isHeld().catch(() => true)) return error;
    return error.code === 'fenced' ? error : lostLock(this.#context.storage.label, error);
  }

  #leased(): Promise<ReadonlySet<string>> {
    return this.#context.storage.leased(this.pointer.versions.map(({ content }) => content));
  }
}

const pollMs = 20;

// Asked again and again, because locks of the operating system that wait cannot be called off.
export async function takeLock(
  { storage, clock }: Pick<WriterContext, 'storage' | 'clock'>,
  { signal, lockTimeoutMs }: LockOptions,
): Promise<WriterLock> {
  const deadlineMs = clock.monotonic() + lockTimeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const lock = await storage.lock();
    if (lock !== undefined) return lock;
    const remainingMs = deadlineMs - clock.monotonic();
    if (remainingMs <= 0) {
      throw new OffstageError(
        'locked',
        `Another writer is at work in ${storage.label}, and this one gave up after ${lockTimeoutMs} ms: try again when that has finished or was stopped, or raise lockTimeoutMs.`,
        { details: { label: storage.label, lockTimeoutMs } },
      );
    }
    await sleep(clock, Math.min(pollMs, remainingMs), { signal, keepAlive: true });
  }
}

async function askFence(fence: () => boolean | Promise<boolean>): Promise<void> {
  let cause: unknown;
  try {
    if ((await fence()) === true) return;
  } catch (error) {
    cause = error;
  }
  throw new OffstageError(
    'fenced',
    'This writer may no longer publish: another one has taken its place, or it cannot be told.',
    { cause },
  );
}

const lostLock = (label: string, cause?: unknown): OffstageError =>
  new OffstageError(
    'fenced',
    `The lock file in ${label} was removed or replaced while this writer worked, so that another one may be at work as well: begin again.`,
    { cause },
  );

const isIndeterminate = (error: unknown): error is OffstageError =>
  OffstageError.isInstance(error) && error.code === 'commit_indeterminate';

function noted(context: WriterContext, error: unknown): unknown {
  if (isIndeterminate(error)) context.indeterminate = error;
  return error;
}

const refused = (cause: OffstageError): OffstageError =>
  new OffstageError(
    'commit_indeterminate',
    'An earlier commit of this store ended without a known outcome, so it writes no more. Check the disk, then make a new SnapshotStore.',
    { cause },
  );

const maxKeyLength = 200;

/** False when there is none. */
export function checkKey(key: unknown): key is string {
  if (key === undefined) return false;
  const isKey =
    typeof key === 'string' && key !== '' && key.length <= maxKeyLength && key.isWellFormed();
  if (isKey) return true;
  throw new OffstageError(
    'invalid_option',
    `key is no well-formed text of 1 to ${maxKeyLength} characters.`,
    { details: { name: 'key' } },
  );
}
