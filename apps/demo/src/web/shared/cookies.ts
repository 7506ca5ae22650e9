import type { CorpusView, Problem } from '../api.ts';
import { Store } from './store.ts';

/** Why nothing can be added by a browser that keeps no cookies. */
export const cookiesProblem: Problem = {
  code: 'no_cookies',
  message:
    'This page needs cookies to know which files are yours, and this browser keeps none for it. Allow cookies for this site and load the page again.',
};

/**
 * Whether the server knows this browser again. Each request of one that keeps no cookie is a new visitor's,
 * so that nothing which it sends would ever be found again.
 */
export class Cookies extends Store<'unknown' | 'kept' | 'missing'> {
  #newLooks = 0;

  constructor() {
    super(navigator.cookieEnabled ? 'unknown' : 'missing');
  }

  /** Takes note of what the server made of a request; asks for another one where that does not tell. */
  readonly onLook = (session: CorpusView['session'], lookAgain: () => void): void => {
    this.#newLooks = session === 'known' ? 0 : this.#newLooks + 1;
    if (session === 'known') this.set('kept');
    else if (this.#newLooks > 1) this.set('missing');
    else lookAgain();
  };
}
