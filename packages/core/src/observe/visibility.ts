/** Whether anyone looks at the page, as a port, so that tests and other hosts bring their own. */
export interface Visibility {
  isHidden(): boolean;
  /** Calls `listener` after every change, and may do so at other times to have all looked at again. Returns the way to stop. */
  subscribe(listener: () => void): () => void;
}

interface EventSourceLike {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

interface DocumentLike extends EventSourceLike {
  readonly visibilityState?: unknown;
  readonly defaultView?: EventSourceLike | null;
}

// Looked up at each use: a test or a server may bring a document late, or never.
const documentOf = (): DocumentLike | undefined =>
  (globalThis as { readonly document?: DocumentLike }).document;

/**
 * The visibility of the browser's page; where there is no document, it always shows. A network that
 * is back counts as a change too: what was seen before is old.
 */
export const pageVisibility: Visibility = {
  isHidden: () => documentOf()?.visibilityState === 'hidden',
  subscribe(listener) {
    const document = documentOf();
    const view = document?.defaultView;
    document?.addEventListener('visibilitychange', listener);
    view?.addEventListener('online', listener);
    return () => {
      document?.removeEventListener('visibilitychange', listener);
      view?.removeEventListener('online', listener);
    };
  },
};
