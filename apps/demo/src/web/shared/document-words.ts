import { formatCount } from './format.ts';
import type { OpenDocumentState } from './open-document.ts';

export const originalWords = { open: 'Open the file', download: 'Download it' } as const;

/** '2 of 7 places', of what was searched for. */
export const markTitle = ({ at, marks }: OpenDocumentState): string =>
  `${formatCount(at)} of ${formatCount(marks)} ${marks === 1 ? 'place' : 'places'}`;
