import { OffstageError } from '../foundation/errors.ts';
import type { CurrentPointer } from './current.ts';
import { ownManifest, versionsIn } from './found-versions.ts';
import { repairAdvice } from './repair-advice.ts';
import type { SnapshotStorage } from './storage.ts';

/**
 * That CURRENT is not an older one that somebody put back: what it does not name would be deleted,
 * and a version of a later commit is nobody's garbage.
 *
 * A crash leaves a version that CURRENT does not name as well. That one was never current: its
 * generation is the one after CURRENT's, and it was never noted. So CURRENT went backwards when
 * - a higher generation was recorded; or
 * - a whole version is there of a generation that only a later commit can have led to; or
 * - a whole version of the next generation is there, and what was recorded is lost, so that nothing
 *   proves that it never was current.
 *
 * @throws OffstageError `corrupt`
 */
export async function assertNotBackwards(
  storage: SnapshotStorage,
  pointer: CurrentPointer,
  recorded: number | undefined,
): Promise<void> {
  const known = await highestKnown(storage, pointer, recorded);
  if (known <= pointer.gen) return;
  throw new OffstageError(
    'corrupt',
    `CURRENT of ${storage.label} is of generation ${pointer.gen}, and generation ${known} ${
      recorded === known ? 'was current before' : 'may have been current before'
    }: an older CURRENT was put back. ${repairAdvice}`,
    { details: { reason: 'backwards', gen: pointer.gen, newest: known } },
  );
}

/** Above CURRENT's own generation exactly when CURRENT is an older one. */
export async function highestKnown(
  storage: SnapshotStorage,
  pointer: CurrentPointer,
  recorded: number | undefined,
): Promise<number> {
  const newest = await newerThan(storage, pointer, recorded);
  return Math.max(pointer.gen, recorded ?? 0, newest ?? 0);
}

/** The newest version of a later commit than CURRENT's, as far as generations tell. */
async function newerThan(
  storage: SnapshotStorage,
  { gen, versions }: CurrentPointer,
  recorded: number | undefined,
): Promise<number | undefined> {
  const named = new Set(versions.map(({ content }) => content));
  const neverCurrent = recorded === undefined ? gen : gen + 1;
  for (const found of await versionsIn(storage)) {
    if (found.gen <= neverCurrent) return undefined;
    if (named.has(found.name)) continue;
    if ((await ownManifest(storage, found)) !== undefined) return found.gen;
  }
  return undefined;
}
