import { kindOf } from '../../search/kinds.ts';
import type { DocumentKind, SearchAnswer } from '../api.ts';
import { formatKind } from './format.ts';
import type { Choice } from './list-words.ts';

const names: Readonly<Record<string, string>> = {
  pdf: 'PDF',
  word: 'Text documents',
  slides: 'Slides',
  table: 'Tables',
  web: 'Web pages',
  markdown: 'Markdown',
  mail: 'Mail',
  book: 'Books',
  data: 'Data',
  subtitles: 'Subtitles',
  text: 'Plain text',
};

const kindName = (kind: string): string =>
  Object.hasOwn(names, kind) ? (names[kind] ?? kind) : formatKind(kind);

/** The kinds that the version has, and the chosen one, wherever that came from. */
export function searchKinds(inVersion: readonly DocumentKind[], chosen: string): readonly Choice[] {
  const kinds = new Set(inVersion.flatMap(({ kind }) => (kind === null ? [] : [kindOf(kind)])));
  if (chosen !== '') kinds.add(chosen);
  const choices = [...kinds].map((value) => ({ value, label: kindName(value) }));
  return [{ value: '', label: 'All kinds' }, ...choices.sort(byLabel)];
}

/** The folders in which the documents of a page lie, and the chosen one with those above it. */
export function searchFolders(answer: SearchAnswer | undefined, chosen: string): readonly Choice[] {
  const folders = new Set(foldersOf(`${chosen}/`));
  for (const { name } of answer?.documents ?? []) {
    for (const folder of foldersOf(name)) folders.add(folder);
  }
  const choices = [...folders].map((value) => ({ value, label: value }));
  return [{ value: '', label: 'All folders' }, ...choices.sort(byLabel)];
}

/** 'a/b/c.txt' lies in 'a' and 'a/b'. */
function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/')).filter((folder) => folder !== '');
}

const byLabel = (a: Choice, b: Choice): number => a.label.localeCompare(b.label, 'en');
