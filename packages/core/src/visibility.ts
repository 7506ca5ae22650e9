/** Whether anyone looks at the page, as a port, so that tests and other hosts bring their own. */
export interface Visibility {
  isHidden(): boolean;
  /** Calls `listener` after every change. Returns the way to stop. */
  subscribe(listener: () => void): () => void;
}

interface DocumentLike {
  readonly visibilityState?: unknown;
  addEventListener(type: 'visibilitychange', listener: () => void): void;
  removeEventListener(type: 'visibilitychange', listener: () => void): void;
}

// Looked up at each use: a test or a server may bring a document late, or never.
const documentOf = (): DocumentLike | undefined =>
  (globalThis as { readonly document?: DocumentLike }).document;

/** The visibility of the browser's page; where there is no document, it always shows. */
export const pageVisibility: Visibility = {
  isHidden: () => documentOf()?.visibilityState === 'hidden',
  subscribe(listener) {
    const document = documentOf();
    document?.addEventListener('visibilitychange', listener);
    return () => document?.removeEventListener('visibilitychange', listener);
  },
};
