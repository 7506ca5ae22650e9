import type { BrowserContext, Page } from 'playwright-core';
import type { Bed, Kind } from './bed.ts';

/** Where states are arranged. */
export interface Stage {
  readonly bed: Bed;
  readonly kind: Kind;
  readonly context: BrowserContext;
  /** Nothing is published there. */
  readonly emptyUrl: string;
  /** The shipped documents are published there, and nobody changes them. */
  readonly fullUrl: string;
  /** The same on a server of its own, to be changed. */
  readonly own: () => Promise<string>;
}

export interface State {
  readonly name: string;
  /** Complaints on the console that belong to it, such as of a request without a network. */
  readonly complaint?: RegExp;
  /** Brings a page into the state. */
  readonly arrange: (stage: Stage) => Promise<Page>;
}
