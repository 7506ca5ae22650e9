import type { DocumentView } from '../api.ts';
import { asSentence, formatCount, formatKind } from './format.ts';
import type { OpenDocumentState } from './open-document.ts';

/** What stands below the name of a document in the list. */
export interface DocumentDetail {
  readonly text: string;
  /** All of it, for what is cut off. */
  readonly title: string;
  readonly isBad: boolean;
  /** Set apart, before the text; empty where there is nothing to say. */
  readonly badge: string;
  readonly sha256: string | null;
}

export function documentDetail({
  outcome,
  problem,
  mediaType,
  sha256,
  notes,
}: DocumentView): DocumentDetail {
  if (outcome === 'failed') {
    const text = asSentence(problem?.message ?? 'It cannot be searched');
    return { text, title: text, isBad: true, badge: '', sha256: null };
  }
  const kind = formatKind(mediaType);
  if (notes.length === 0) return { text: kind, title: '', isBad: false, badge: '', sha256 };
  const text = `${kind} · ${notes.join(' ')}`;
  return { text, title: notes.join(' '), isBad: false, badge: 'Read in part', sha256: null };
}

/** Above what was left out of a document that is open. */
export const notesTitle = 'This document was read in part';

export const originalWords = { open: 'Open the file', download: 'Download it' } as const;

/** '2 of 7 places', of what was searched for. */
export const markTitle = ({ at, marks }: OpenDocumentState): string =>
  `${formatCount(at)} of ${formatCount(marks)} ${marks === 1 ? 'place' : 'places'}`;
