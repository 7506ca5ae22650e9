import type { Action } from './action.ts';
import { replacingWords } from './list-words.ts';
import type { ReplacingState } from './replacing.ts';

/** The question before files take the place of documents of the same names. */
export interface ReplacingCardView {
  readonly title: string;
  readonly text: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly actions: readonly Action[];
}

/** @returns `undefined` where nothing is asked. */
export function replacingCard(
  state: ReplacingState | undefined,
  answer: (isReplacing: boolean) => void,
): ReplacingCardView | undefined {
  if (state === undefined) return undefined;
  const { files, uploads } = state;
  const { title, text, replace, leave } = replacingWords(files.length, uploads.length);
  return {
    ...{ title, text },
    files: files.map(({ name }) => ({ name, text: 'Would replace the document' })),
    actions: [
      { key: 'replace', label: replace, look: 'main', act: () => answer(true) },
      { key: 'leave', label: leave, act: () => answer(false) },
    ],
  };
}
