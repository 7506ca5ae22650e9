import { OffstageError } from '../foundation/errors.ts';
import { highestKnown } from './backwards.ts';
import { type CurrentPointer, encodeCurrent, type VersionRef } from './current.ts';
import { type FoundVersion, ownManifest, versionsIn } from './found-versions.ts';
import { readPointer } from './recovery.ts';
import type { SnapshotStorage, WriterLock } from './storage.ts';
import { summaryOf, type VersionSummary } from './version-summary.ts';

/** What a repair would write, or wrote. */
export interface RepairProposal {
  /**
   * What is wrong: nothing; CURRENT is missing or damaged; or it is an older one that was put back
   * (`backwards`).
   */
  readonly problem: 'none' | 'missing' | 'broken' | 'backwards';
  /**
   * What CURRENT would name, newest first. The first one is a new commit with the content of the one
   * that is to be current, of a generation above all that are known.
   */
  readonly versions: readonly VersionSummary[];
  /** What is there and would not be named, and why: the next writer removes it. */
  readonly leftOut: ReadonlyArray<{ readonly name: string; readonly reason: string }>;
}

export interface RepairOptions {
  /**
   * Shown the proposal while the lock is held, and asked whether it may be written. Without it, or
   * unless it answers `true`, nothing is changed.
   */
  readonly confirm?: ((proposal: RepairProposal) => boolean | Promise<boolean>) | undefined;
  /**
   * The generation whose content is to be current, as manifests do not tell of rollbacks.
   * @default the newest
   */
  readonly gen?: number | undefined;
}

export interface RepairResult extends RepairProposal {
  /** A new CURRENT was written. */
  readonly repaired: boolean;
}

interface RepairContext {
  readonly storage: SnapshotStorage;
  readonly newId: () => string;
  readonly clock: { now(): number };
}

/**
 * Makes CURRENT anew from the manifests of the versions that are there, under the lock. Deletes
 * nothing.
 */
export async function repair(
  context: RepairContext,
  lock: WriterLock,
  { confirm, gen, signal }: RepairOptions & { readonly signal?: AbortSignal | undefined },
): Promise<RepairResult> {
  const { storage } = context;
  const state = await stateOf(storage, await lock.recordedGen());
  if (state.problem === 'none') {
    const versions = (state.pointer?.versions ?? []).map(summaryOf);
    return { problem: 'none', versions, leftOut: [], repaired: false };
  }
  const { pointer, leftOut } = await propose(context, state, gen);
  const { problem } = state;
  const proposal: RepairProposal = { problem, versions: pointer.versions.map(summaryOf), leftOut };
  signal?.throwIfAborted();
  if (confirm === undefined || (await confirm(proposal)) !== true) {
    return { ...proposal, repaired: false };
  }
  const next = { gen: pointer.gen, bytes: await encodeCurrent(pointer, storage) };
  const lastLook = async (): Promise<void> => {
    if (await lock.isHeld()) return;
    throw new OffstageError(
      'fenced',
      `The lock file in ${storage.label} was removed or replaced meanwhile: repair again.`,
    );
  };
  await storage.commit(state.pointer?.gen, next, { lastLook, signal, replaceDamaged: true });
  // It stands without, and the next recovery notes it.
  await lock.recordGen(pointer.gen).catch(() => undefined);
  return { ...proposal, repaired: true };
}

interface State {
  readonly problem: RepairProposal['problem'];
  /** What CURRENT says, if it can be read. */
  readonly pointer: CurrentPointer | undefined;
  readonly recorded: number | undefined;
  readonly found: readonly FoundVersion[];
}

async function stateOf(storage: SnapshotStorage, recorded: number | undefined): Promise<State> {
  const found = await versionsIn(storage);
  let pointer: CurrentPointer | undefined;
  try {
    pointer = await readPointer(storage);
  } catch (error) {
    if (!OffstageError.isInstance(error) || error.code !== 'corrupt') throw error;
    const problem = error.details.reason === 'missing' ? 'missing' : 'broken';
    return { problem, pointer, recorded, found };
  }
  const backwards =
    pointer !== undefined && (await highestKnown(storage, pointer, recorded)) > pointer.gen;
  return { problem: backwards ? 'backwards' : 'none', pointer, recorded, found };
}

async function propose(
  { storage, newId, clock }: RepairContext,
  { pointer, recorded, found }: State,
  gen: number | undefined,
): Promise<{ readonly pointer: CurrentPointer; readonly leftOut: RepairProposal['leftOut'] }> {
  const refs: VersionRef[] = [];
  const leftOut: { readonly name: string; readonly reason: string }[] = [];
  let highest = Math.max(recorded ?? 0, pointer?.gen ?? 0);
  for (const version of found) {
    const own = await ownManifest(storage, version);
    if (own !== undefined) highest = Math.max(highest, version.gen);
    const known = pointer?.versions.find(({ content }) => content === version.name);
    if (own === undefined || (known !== undefined && known.manifestSha256 !== own.sha256)) {
      leftOut.push({ name: version.name, reason: 'its manifest is missing or damaged' });
    } else if (recorded !== undefined && version.gen === recorded + 1 && version.gen !== gen) {
      leftOut.push({ name: version.name, reason: 'it was never current' });
    } else if (refs.at(-1)?.gen === version.gen) {
      leftOut.push({ name: version.name, reason: 'another version has its generation' });
    } else {
      const { manifest, sha256: manifestSha256 } = own;
      const { id, createdAt, key } = manifest;
      const ref = { gen: version.gen, id, content: version.name, manifestSha256, createdAt };
      refs.push(key === undefined ? ref : { ...ref, key });
    }
  }
  const current = gen === undefined ? refs[0] : refs.find((ref) => ref.gen === gen);
  if (gen !== undefined && current === undefined) {
    throw new OffstageError(
      'not_found',
      `${storage.label} has no whole version of generation ${gen} to make current.`,
      { details: { gen } },
    );
  }
  if (current === undefined) {
    throw new OffstageError(
      'corrupt',
      `${storage.label} has no version whose manifest can be read, so there is nothing to name. Nothing was changed or deleted.`,
      { details: { reason: 'empty' } },
    );
  }
  const { content, manifestSha256 } = current;
  const createdAt = Math.max(0, Math.trunc(clock.now()));
  const next = { gen: highest + 1, id: newId(), content, manifestSha256, createdAt };
  return {
    pointer: { gen: next.gen, commitId: newId(), versions: [next, ...refs] },
    leftOut,
  };
}
