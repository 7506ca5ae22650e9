import { Store } from './store.ts';
import type { Tone } from './tone.ts';

export interface Notice {
  /** A later notice of the same key takes the place of the earlier one. */
  readonly key: string;
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

const maxShown = 3;

/** Without what the card of a job tells on the same page. */
export const noticesBeside = (
  notices: readonly Notice[],
  cardJobId: string | undefined,
): readonly Notice[] => notices.filter(({ key }) => key !== cardJobId);

/** What is told once, at the top of whatever page is open, until it is dismissed. */
export class Notices extends Store<readonly Notice[]> {
  constructor() {
    super([]);
  }

  readonly tell = (notice: Notice): void => {
    const others = this.get().filter(({ key }) => key !== notice.key);
    this.set([notice, ...others].slice(0, maxShown));
  };

  readonly dismiss = (key: string): void => {
    const rest = this.get().filter((notice) => notice.key !== key);
    if (rest.length < this.get().length) this.set(rest);
  };
}
