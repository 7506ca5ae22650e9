import { nameOf, type VersionRef } from './current.ts';

/** A version that can be opened or rolled back to. */
export interface VersionSummary {
  readonly gen: number;
  readonly id: string;
  /** `<gen>-<id>`. */
  readonly version: string;
  /** When it was committed, in milliseconds since the Unix epoch. */
  readonly createdAt: number;
  readonly current: boolean;
  /** The version whose content it has: another one than `version` after a rollback. */
  readonly content: string;
  /** What `finalize` was given as its `key`; absent where it was given none. */
  readonly key?: string;
}

/** Of the versions that CURRENT names, by their place there. */
export const summaryOf = (ref: VersionRef, index: number): VersionSummary => ({
  gen: ref.gen,
  id: ref.id,
  version: nameOf(ref),
  createdAt: ref.createdAt,
  current: index === 0,
  content: ref.content,
  ...(ref.key !== undefined && { key: ref.key }),
});
