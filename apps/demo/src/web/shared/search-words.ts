import type { SearchAnswer } from '../api.ts';
import { countOf, formatCount } from './format.ts';

/** How many passages a search asks for. */
export const searchLimit = 30;

/** '3 passages', '30 of 84 passages': what is shown is never taken for what there is. */
function found({ hits, total }: SearchAnswer): string {
  const shown = hits.length;
  return total.passages > shown
    ? `${formatCount(shown)} of ${countOf(total.passages, 'passage')}`
    : countOf(shown, 'passage');
}

/** Above the passages, and read out. */
export function answerTitle(answer: SearchAnswer): string {
  const some = answer.matched === 'any' ? ', each with some of the words: none has them all' : '';
  return `${found(answer)} in version ${answer.gen}${some}`;
}
