import type { CorpusView, Interruption } from '../api.ts';
import { countOf } from './format.ts';
import type { PendingState } from './pending-change.ts';
import type { UploadState } from './upload-queue.ts';

/**
 * Whether what is published is not what it would be if it were made now (D4). Files that are on their
 * way into a change do not count.
 */
export function isStale(
  corpus: CorpusView | undefined,
  upload: UploadState,
  change: PendingState,
): boolean {
  if (corpus === undefined || corpus.stale === null || corpus.current === null) return false;
  const isQuiet = upload.status === 'idle' && change.status === 'idle' && corpus.busy === null;
  const { settingsChanged, outdated, pending } = corpus.stale;
  return settingsChanged || outdated > 0 || (pending > 0 && isQuiet);
}

/** The current version; `null` when nothing is published, `undefined` while that is not known. */
export const currentGen = (corpus: CorpusView | undefined): number | null | undefined =>
  corpus === undefined ? undefined : (corpus.current?.gen ?? null);

/** What an interruption means for the documents (D7). */
export function interruptionText(
  { what, isAtWork }: Interruption,
  corpus: CorpusView | undefined,
): string {
  const current = corpus?.current;
  const stays = current == null ? '' : ` Version ${current.gen} is current and can be searched.`;
  return isAtWork
    ? `${what}: it is going on after the interruption, and nothing has to be done.${stays}`
    : `${what}: it went on after the interruption, and has ended since.${stays}`;
}

/** Above the list of what was not taken of an upload. */
export function notTakenTitle({ refused, passedOver }: UploadState): string {
  return refused.length > 0
    ? `${countOf(refused.length, 'file')} not taken`
    : `${countOf(passedOver, 'entry', 'entries')} passed over`;
}

/** What is said of files that nobody means to share. */
export const passedOverText = (count: number): string =>
  count === 0
    ? ''
    : `${countOf(count, 'entry was', 'entries were')} passed over: hidden, left there by a system, or the data of this application.`;

/** What leads to a version as an archive. */
export const exportLabel = 'Export as a ZIP';
