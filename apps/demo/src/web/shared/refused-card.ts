import type { Action } from './action.ts';
import { notTakenTitle, passedOverText } from './corpus-words.ts';
import type { UploadState } from './upload-queue.ts';

/** Files that were not taken, before any job began. */
export interface RefusedCardView {
  readonly title: string;
  /** What is said of files that nobody means to share; empty where there is none. */
  readonly text: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly actions: readonly Action[];
}

/** @returns `undefined` where all were taken. */
export function refusedCard(state: UploadState, dismiss: () => void): RefusedCardView | undefined {
  const { refused, passedOver } = state;
  if (refused.length + passedOver === 0) return undefined;
  return {
    title: notTakenTitle(state),
    text: passedOverText(passedOver),
    files: refused.map(({ name, problem }) => ({ name, text: problem.message })),
    actions: [{ key: 'dismiss', label: 'Dismiss', act: dismiss }],
  };
}
