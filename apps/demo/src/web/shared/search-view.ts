import type { CorpusView, DocumentHit, DocumentKind } from '../api.ts';
import type { ChoiceView } from './list-tools.ts';
import type { Router } from './router.ts';
import { mayGoOn, type SearchAsk, wordsToMark } from './search-ask.ts';
import { searchFolders, searchKinds } from './search-filters.ts';
import { strangeWords, suggestionsOf } from './search-near.ts';
import type { SearchState } from './search-session.ts';
import {
  answerTime,
  answerTitle,
  isIncomplete,
  passagesNote,
  quoted,
  searchedNote,
  searchProblem,
} from './search-words.ts';

export interface Link {
  readonly text: string;
  readonly href: string;
}

/** A document with its passages, as the list has it. */
export interface FoundDocument {
  readonly hit: DocumentHit;
  readonly title: string;
  readonly href: string;
  /** How much of it is shown; empty where that is all. */
  readonly note: string;
}

/** The other pages of an answer; `undefined` where there is none on that side. */
export interface Paging {
  readonly text: string;
  readonly previous: string | undefined;
  readonly next: string | undefined;
}

export interface FoundView {
  readonly kind: 'found';
  readonly title: string;
  readonly time: string;
  readonly note: string;
  readonly near: readonly Link[];
  readonly documents: readonly FoundDocument[];
  readonly paging: Paging | undefined;
  readonly isFading: boolean;
}

/** What stands below the words to find. */
export type SearchView =
  | { readonly kind: 'unpublished' }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'problem'; readonly text: string }
  | {
      readonly kind: 'none';
      readonly title: string;
      readonly text: string;
      readonly note: string;
      readonly near: readonly Link[];
      /** The same without its filters, or its first page. */
      readonly wider: Link | undefined;
    }
  | FoundView;

export function searchView(
  state: SearchState,
  corpus: CorpusView | undefined,
  router: Pick<Router, 'searchHref' | 'documentHref'>,
): SearchView {
  const { ask, answer, answered, isSearching, error } = state;
  if (corpus?.current === null) return { kind: 'unpublished' };
  if (error !== undefined) {
    const text = searchProblem(error);
    return { kind: isIncomplete(error) ? 'line' : 'problem', text };
  }
  if (answer === undefined) {
    const text = 'Answers come as you type, from the current version alone.';
    return { kind: 'line', text: ask.query.trim() === '' ? text : 'Searching' };
  }
  const near = suggestionsOf(answered.query, answer.near).map((query) => ({
    text: query,
    href: router.searchHref({ query, kind: answered.kind, folder: answered.folder }),
  }));
  const note = searchedNote(answered, answer);
  if (answer.documents.length === 0) {
    const isBeyond = answer.total.documents > 0;
    return {
      kind: 'none',
      title: isBeyond ? 'No such page' : 'No passage found',
      text: isBeyond
        ? `The answer has ${answer.pages} pages.`
        : nothingText(answered, answer.gen, strangeWords(answer.near)),
      ...{ note, near },
      wider: widerOf(answered, router, isBeyond),
    };
  }
  const words = wordsToMark(answered);
  return {
    kind: 'found',
    ...{ title: answerTitle(answer), time: answerTime(answer), note, near },
    documents: answer.documents.map((hit) => ({
      hit,
      title: hit.title || hit.name,
      href: router.documentHref(hit.documentId, words),
      note: passagesNote(hit),
    })),
    paging: pagingOf(answered, answer.pages, router),
    isFading: isSearching,
  };
}

function nothingText({ query, kind, folder }: SearchAsk, gen: number, strange: readonly string[]) {
  const where =
    kind === '' && folder === '' ? `Nothing in version ${gen}` : `Nothing of that kind or folder`;
  const none = strange.length > 1 ? `${strange.map(quoted).join(', ')} are nowhere in it.` : '';
  return `${where} has ${quoted(query)}. ${none || 'Try fewer words, or other ones.'}`;
}

function widerOf(ask: SearchAsk, router: Pick<Router, 'searchHref'>, isBeyond: boolean) {
  const href = (rest: Partial<SearchAsk>): string =>
    router.searchHref({ query: ask.query, isTyped: ask.isTyped, ...rest });
  if (isBeyond) {
    const { kind, folder } = ask;
    return { text: 'The first page', href: href({ kind, folder }) };
  }
  if (ask.kind === '' && ask.folder === '') return undefined;
  return { text: 'Search everywhere', href: href({}) };
}

function pagingOf(ask: SearchAsk, pages: number, router: Pick<Router, 'searchHref'>) {
  if (pages <= 1) return undefined;
  const isTyped = mayGoOn(ask);
  const at = (page: number): string | undefined =>
    page < 1 || page > pages ? undefined : router.searchHref({ ...ask, page, isTyped });
  return {
    text: `Page ${ask.page} of ${pages}`,
    previous: at(ask.page - 1),
    next: at(ask.page + 1),
  };
}

export interface SearchFilters {
  readonly selects: readonly ChoiceView[];
  /** There is something to choose. */
  readonly areShown: boolean;
}

export function searchFilters(
  { answer, ask }: Pick<SearchState, 'answer' | 'ask'>,
  inVersion: readonly DocumentKind[],
  { setSearch }: Pick<Router, 'setSearch'>,
): SearchFilters {
  const kinds = searchKinds(inVersion, ask.kind);
  const folders = searchFolders(answer, ask.folder);
  // The first choice is all of them.
  return {
    selects: [
      {
        ...{ label: 'Kind', choices: kinds, value: ask.kind },
        onChoose: (kind) => setSearch({ kind }),
      },
      {
        ...{ label: 'Folder', choices: folders, value: ask.folder },
        onChoose: (folder) => setSearch({ folder }),
      },
    ],
    areShown: kinds.length > 2 || folders.length > 1 || ask.kind !== '',
  };
}
