import { Store } from './store.ts';

const progressEveryMs = 5000;

/** What a screen reader is told, politely: changes at once, progress now and then. */
export class Announcer extends Store<string> {
  #progressAt = Number.NEGATIVE_INFINITY;

  constructor() {
    super('');
  }

  readonly say = (text: string): void => {
    this.#progressAt = performance.now();
    // A region that says the same again is not read out; a space makes it another text.
    this.set(text === this.get() ? `${text}\u00a0` : text);
  };

  /** Left out when something was said in the last five seconds. */
  readonly sayProgress = (text: string): void => {
    if (performance.now() - this.#progressAt >= progressEveryMs) this.say(text);
  };
}
