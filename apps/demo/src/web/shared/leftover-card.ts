import type { JobStatus } from '@offstage/core';
import type { CorpusView } from '../api.ts';
import type { Action } from './action.ts';
import { countOf, formatBytes } from './format.ts';

/** Files that arrived and are in no version. */
export interface LeftoverCardView {
  readonly title: string;
  readonly text: string;
  readonly actions: readonly Action[];
}

interface Doing {
  readonly add: (uploads: readonly string[]) => void;
  readonly drop: (uploads: readonly string[]) => void;
}

/** What came before it: the session's newest change. */
interface Before {
  readonly status: JobStatus | undefined;
  /** Uploads that the change was started with: a look at the server may be older than that. */
  readonly taken: readonly string[];
}

/** @returns `undefined` where nothing waits, or a change is at work. */
export function leftoverCard(
  corpus: CorpusView | undefined,
  { status, taken }: Before,
  { add, drop }: Doing,
): LeftoverCardView | undefined {
  if (corpus === undefined || corpus.busy !== null) return undefined;
  const wasBegun = status === 'canceled' || status === 'failed';
  const pending = corpus.pending.filter(({ upload }) => wasBegun || !taken.includes(upload));
  if (pending.length === 0) return undefined;
  const uploads = pending.map(({ upload }) => upload);
  const size = formatBytes(pending.reduce((sum, { bytes }) => sum + bytes, 0));
  const them = pending.length === 1 ? 'it' : 'them';
  return {
    title: `${countOf(pending.length, 'uploaded file')} not added yet`,
    text: wasBegun
      ? `${size} are kept, as nothing of ${them} was published: nothing has to be uploaded again.`
      : `${size} arrived earlier, and no change has taken ${them}.`,
    actions: [
      {
        ...{ key: 'add', label: wasBegun ? 'Start again' : 'Add now', look: 'main' },
        act: () => add(uploads),
      },
      { key: 'drop', label: 'Throw away', act: () => drop(uploads) },
    ],
  };
}
