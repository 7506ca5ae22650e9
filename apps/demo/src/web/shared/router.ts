import { noSearch, type SearchAsk, searchAddress, searchOf } from './search-ask.ts';
import { Store } from './store.ts';

export const pages = [
  { id: 'documents', title: 'Documents' },
  { id: 'search', title: 'Search' },
  { id: 'versions', title: 'Versions' },
  { id: 'activity', title: 'Activity' },
  { id: 'settings', title: 'Settings' },
] as const;

/** A page; `not-found` for an address that is none of them. */
export type PageId = (typeof pages)[number]['id'] | 'document' | 'not-found';

export interface Route {
  readonly page: PageId;
  /** What is searched for; of the pages of search and of a document alone. */
  readonly query: string;
  /** What the page of search shows; nothing on every other page. */
  readonly search: SearchAsk;
  /** The document that is open; empty on every other page. */
  readonly id: string;
}

export const notFoundTitle = 'There is no such page';
/** Of a page whose own part of the application did not come. */
export const notLoadedText = 'This page could not be loaded. Reload it when the server answers.';

/**
 * The page by its path, `<base>/<page>`. Links are plain links: a click on one that leads to a page
 * of the same base changes the page in place, and every other click is the browser's.
 */
export class Router extends Store<Route> {
  readonly #base: string;
  #shown = pageOf(location);
  #percent = '';

  /** @param base Without a slash at its end, such as `/react`. */
  constructor(base: string) {
    super(routeOf(base));
    this.#base = base;
  }

  readonly href = (page: PageId): string => `${this.#base}/${page}`;
  readonly searchHref = (ask: Partial<SearchAsk>): string =>
    `${this.href('search')}${searchAddress(ask)}`;
  readonly documentHref = (id: string, q = ''): string =>
    `${this.href('document')}?${new URLSearchParams(q === '' ? { id } : { id, q })}`;

  /** Opens a page, and gives the focus to its element of that id. */
  readonly go = (page: PageId, focusId: string): void => {
    if (this.get().page !== page) {
      history.pushState(null, '', this.href(page));
      this.#shown = pageOf(location);
      this.set(routeOf(this.#base));
      this.#setTitle();
      window.scrollTo(0, 0);
    }
    focusSoon(
      () => document.getElementById(focusId),
      () => this.get().page === page,
    );
  };

  /** Says in the title of the tab how far a change is. */
  readonly showPercent = (percent: number | null): void => {
    const shown = percent === null ? '' : `${Math.floor(percent)} % · `;
    if (shown === this.#percent) return;
    this.#percent = shown;
    this.#setTitle();
  };

  /** Follows links and the browser's history. Returns the way to stop. */
  readonly start = (): (() => void) => {
    const onHistory = (): void => {
      // The link to the page's content changes the address by its hash alone, and takes the focus.
      if (pageOf(location) === this.#shown) return;
      this.#shown = pageOf(location);
      this.#show(false);
    };
    const onClick = (event: MouseEvent): void => {
      const url = plainLink(event);
      if (url === undefined || !url.pathname.startsWith(`${this.#base}/`)) return;
      event.preventDefault();
      if (url.href !== location.href) history.pushState(null, '', url);
      this.#shown = pageOf(location);
      this.#show(true);
    };
    window.addEventListener('popstate', onHistory);
    document.addEventListener('click', onClick);
    this.#setTitle();
    return () => {
      window.removeEventListener('popstate', onHistory);
      document.removeEventListener('click', onClick);
    };
  };

  /**
   * Keeps what is searched for in the address, so that the answer can be linked to and come back to. What
   * is asked anew begins at its first page.
   */
  readonly setSearch = (change: Partial<SearchAsk>): void => {
    const ask = { ...this.get().search, page: 1, ...change };
    history.replaceState(null, '', this.searchHref(ask));
    this.#shown = pageOf(location);
    this.set(routeOf(this.#base));
  };

  #show(isForward: boolean): void {
    this.set(routeOf(this.#base));
    this.#setTitle();
    if (isForward) window.scrollTo(0, 0);
    const title = this.#title;
    // The new page's heading is read out; the page may still be loading.
    focusSoon(
      () => {
        const heading = document.querySelector('h1');
        return heading?.textContent?.trim() === title ? heading : null;
      },
      () => this.#title === title,
    );
  }

  get #title(): string {
    const { page } = this.get();
    return (
      pages.find(({ id }) => id === page)?.title ??
      (page === 'document' ? 'Document' : notFoundTitle)
    );
  }

  #setTitle(): void {
    document.title = `${this.#percent}${this.#title} · Offstage`;
  }
}

const maxFrames = 300;

/** Gives the focus to an element once it is there, while that is still wanted. */
function focusSoon(
  find: () => HTMLElement | null,
  isWanted: () => boolean,
  frames = maxFrames,
): void {
  requestAnimationFrame(() => {
    const element = find();
    if (!isWanted()) return;
    if (element !== null) element.focus({ preventScroll: true });
    else if (frames > 0) focusSoon(find, isWanted, frames - 1);
  });
}

const pageIds: readonly PageId[] = [...pages.map(({ id }) => id), 'document'];

const pageOf = ({ pathname, search }: Location): string => `${pathname}${search}`;

function routeOf(base: string): Route {
  const name = location.pathname.slice(base.length + 1).replace(/\/$/, '');
  const page = name === '' ? 'documents' : (pageIds.find((id) => id === name) ?? 'not-found');
  const search = new URLSearchParams(location.search);
  const hasQuery = page === 'search' || page === 'document';
  return {
    page,
    query: hasQuery ? (search.get('q') ?? '') : '',
    search: page === 'search' ? searchOf(search) : noSearch,
    id: page === 'document' ? (search.get('id') ?? '') : '',
  };
}

function plainLink(event: MouseEvent): URL | undefined {
  const { target, button, metaKey, ctrlKey, shiftKey, altKey } = event;
  if (event.defaultPrevented || button !== 0 || metaKey || ctrlKey || shiftKey || altKey) return;
  const link = target instanceof Element ? target.closest('a') : null;
  if (link === null || link.target !== '' || link.hasAttribute('download')) return;
  const url = new URL(link.href);
  // A link to a place in this page, such as the one to its content, is the browser's.
  if (url.origin !== location.origin || url.hash !== '') return;
  return url;
}
