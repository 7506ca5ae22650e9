/** All that a search is asked: what its address holds. */
export interface SearchAsk {
  readonly query: string;
  /** One of `pdf`, `word` and the like, or a media type; empty for all. */
  readonly kind: string;
  /** Empty for all. */
  readonly folder: string;
  /** From 1. */
  readonly page: number;
  /** The last word may go on. */
  readonly isTyped: boolean;
}

export const noSearch: SearchAsk = { query: '', kind: '', folder: '', page: 1, isTyped: false };

/** An address is whatever somebody typed: what is no page is the first one. */
export function searchOf(address: URLSearchParams): SearchAsk {
  const page = Number(address.get('page') ?? 1);
  return {
    query: address.get('q') ?? '',
    kind: address.get('kind') ?? '',
    folder: address.get('folder') ?? '',
    page: Number.isSafeInteger(page) && page >= 1 && page <= maxPage ? page : 1,
    isTyped: address.get('typed') === '1',
  };
}

// No more is taken by the server.
const maxPage = 1e6;

/** What the address of a search ends in; empty where nothing is asked. */
export function searchAddress(ask: Partial<SearchAsk>): string {
  const { query, kind, folder, page, isTyped } = { ...noSearch, ...ask };
  const address = new URLSearchParams();
  if (query !== '') address.set('q', query);
  if (kind !== '') address.set('kind', kind);
  if (folder !== '') address.set('folder', folder);
  if (page > 1) address.set('page', String(page));
  if (isTyped && query !== '') address.set('typed', '1');
  return address.size === 0 ? '' : `?${address}`;
}

const minTyped = 3;

/** Beginnings of one or two letters would find half of all there is, and cost as much. */
export const mayGoOn = ({ query, isTyped }: SearchAsk): boolean =>
  isTyped && (query.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= minTyped;

/** The words of a search as a document marks them: what was found as a beginning is marked as one. */
export const wordsToMark = (ask: SearchAsk): string =>
  mayGoOn(ask) && /[\p{L}\p{N}]$/u.test(ask.query) ? `${ask.query}*` : ask.query;
