import { nameOf, type VersionRef } from './current.ts';

export interface RetentionPolicy {
  /** How many of the newest versions are kept, the current one among them. */
  readonly retain: number;
  /** Versions younger than that are kept, however many. */
  readonly minAgeMs: number;
}

/**
 * Which versions the next CURRENT names (S12): the new one, the newest `retain` with it, everything
 * that is leased and everything younger than `minAgeMs`. What CURRENT no longer names is deleted
 * after the commit, unless it is leased by then.
 *
 * Versions count by content: after a rollback two commits share one. Of those CURRENT names the
 * newest and the original, so that rolling back and forth pushes nothing else out.
 */
export function planRetention(
  next: VersionRef,
  known: readonly VersionRef[],
  leased: ReadonlySet<string>,
  nowMs: number,
  { retain, minAgeMs }: RetentionPolicy,
): readonly VersionRef[] {
  const contents = new Set([next.content]);
  const kept = known.filter((ref) => {
    if (contents.has(ref.content)) return nameOf(ref) === ref.content;
    // A clock that was set back makes a version look newer than now, which keeps it, but only where
    // ages count at all.
    const young = minAgeMs > 0 && nowMs - ref.createdAt < minAgeMs;
    if (contents.size >= retain && !young && !leased.has(ref.content)) return false;
    contents.add(ref.content);
    return true;
  });
  return [next, ...kept];
}
