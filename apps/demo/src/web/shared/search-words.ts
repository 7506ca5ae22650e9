import type { ApiError, DocumentHit, SearchAnswer } from '../api.ts';
import { countOf, formatCount, formatDuration } from './format.ts';
import type { SearchAsk } from './search-ask.ts';

/** '3 passages', '10 of 84 documents': what is shown is never taken for what there is. */
function found({ documents, total, page, pages }: SearchAnswer): string {
  const passages = countOf(total.passages, 'passage');
  if (pages <= 1) {
    return total.documents > 1
      ? `${passages} of ${countOf(total.documents, 'document')}`
      : passages;
  }
  // Every page but the last one is as long as the first.
  const last = page === pages ? total.documents : page * documents.length;
  const first = last - documents.length + 1;
  const range = page === 1 ? '' : `${formatCount(first)} to `;
  return `${range}${formatCount(last)} of ${countOf(total.documents, 'document')}, ${passages}`;
}

/** Above the documents, and read out. */
export function answerTitle(answer: SearchAnswer): string {
  const some = answer.matched === 'any' ? ', each with some of the words: none has them all' : '';
  return `${found(answer)} in version ${answer.gen}${some}`;
}

export const answerTime = ({ tookMs }: SearchAnswer): string =>
  tookMs < 1 ? `Under ${formatDuration(1)}` : formatDuration(tookMs);

/** What was looked for, where that is more than what was written. */
export function searchedNote({ query }: SearchAsk, { searched }: SearchAnswer): string {
  const written = query.toLowerCase();
  const others = searched.filter((word) => !written.includes(word.toLowerCase()));
  return others.length === 0 ? '' : `Also looked for ${others.map(quoted).join(', ')}.`;
}

/** How much of a document is shown; empty where that is all. */
export const passagesNote = ({ passages, hits }: DocumentHit): string =>
  passages > hits.length ? `${formatCount(hits.length)} of ${countOf(passages, 'passage')}` : '';

/** Words without which nothing can be asked are no failure. */
export const isIncomplete = ({ code }: ApiError): boolean => code === 'empty_query';

const problems: Readonly<Record<string, string>> = {
  search_busy: 'Many searches are at work just now. Try again in a moment.',
  search_timeout: 'The search took too long. Name fewer or longer words.',
};

export const searchProblem = ({ code, message }: ApiError): string =>
  Object.hasOwn(problems, code) ? (problems[code] ?? message) : message;

export const quoted = (text: string): string => `“${text}”`;
