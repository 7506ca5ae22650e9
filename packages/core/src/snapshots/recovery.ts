import { OffstageError } from '../foundation/errors.ts';
import { assertNotBackwards } from './backwards.ts';
import { type CurrentPointer, decodeCurrent, emptyPointer, encodeCurrent } from './current.ts';
import { parseName } from './layout.ts';
import { repairAdvice } from './repair-advice.ts';
import type { SnapshotStorage, WriterLock } from './storage.ts';

/** What a recovery or a retention took away, and what it could not. */
export interface Cleanup {
  /** Names of drafts and versions. */
  readonly removed: readonly string[];
  /** What the medium refused to remove. The next recovery tries again. */
  readonly failed: ReadonlyArray<{ readonly name: string; readonly error: unknown }>;
}

/**
 * What CURRENT says, or `undefined` in a place where no store was ever initialised.
 *
 * @throws OffstageError `corrupt` when CURRENT is broken, or missing beside drafts or versions.
 */
export async function readPointer(storage: SnapshotStorage): Promise<CurrentPointer | undefined> {
  const bytes =
    (await storage.readCurrent()) ??
    // CURRENT comes before everything else, so what is seen now was made after it: look again.
    ((await storage.names()).length > 0 ? ((await storage.readCurrent()) ?? null) : undefined);
  if (bytes === null) {
    throw new OffstageError(
      'corrupt',
      `${storage.label} holds snapshots and no CURRENT to say which one counts. ${repairAdvice}`,
      { details: { reason: 'missing' } },
    );
  }
  return bytes && decodeCurrent(bytes, storage);
}

/**
 * Step 0, under the lock: initialises a new store; otherwise removes what CURRENT does not name.
 * Never changes which version is current, and does no harm when it is cut off and run again (S15).
 *
 * @throws OffstageError `corrupt` when CURRENT is an older one that was put back. Nothing is deleted.
 */
export async function recover(
  storage: SnapshotStorage,
  lock: WriterLock,
  newId: () => string,
): Promise<{ readonly pointer: CurrentPointer; readonly cleanup: Cleanup }> {
  const known = await readPointer(storage);
  if (known === undefined) {
    // From here on a place without CURRENT is a damaged one. What an earlier store recorded is void.
    const pointer = emptyPointer(newId());
    await lock.recordGen(pointer.gen);
    const bytes = await encodeCurrent(pointer, storage);
    await storage.commit(undefined, { gen: pointer.gen, bytes });
    return { pointer, cleanup: { removed: [], failed: [] } };
  }
  await storage.settleCurrent();
  const recorded = await lock.recordedGen();
  await assertNotBackwards(storage, known, recorded);
  // A writer that was killed may have committed, and not recorded it.
  if (recorded !== known.gen) await lock.recordGen(known.gen);
  return { pointer: known, cleanup: await removeGarbage(storage, known) };
}

/** Removes drafts, and versions that CURRENT does not name and nobody holds a lease on. */
export async function removeGarbage(
  storage: SnapshotStorage,
  pointer: CurrentPointer,
): Promise<Cleanup> {
  const named = new Set(pointer.versions.map(({ content }) => content));
  const garbage = (await storage.names()).filter((name) => !named.has(name));
  const leased = await storage.leased(
    garbage.filter((name) => parseName(name)?.kind === 'version'),
  );
  const removed: string[] = [];
  const failed: { name: string; error: unknown }[] = [];
  for (const name of garbage) {
    if (leased.has(name)) continue;
    try {
      await storage.remove(name);
      removed.push(name);
    } catch (error) {
      failed.push({ name, error });
    }
  }
  return { removed, failed };
}
