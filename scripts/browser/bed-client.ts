import { inject } from 'vitest';
import type { BedAct, BedState } from './bed-session.ts';

/** A bed as the page under test sees it. */
export interface RemoteTestBed {
  /** Where its jobs are served, on the page's own origin. */
  readonly baseUrl: string;
  act(act: BedAct): Promise<unknown>;
  start(count?: number): Promise<string[]>;
  state(): Promise<BedState>;
  /** How many batched polls it has received. */
  polls(): Promise<number>;
}

/** Where a second tab finds a page that runs `module`, a URL of the page under test. */
export const tabUrl = (module: string): string =>
  `/bed/${inject('bedPort')}/page?module=${encodeURIComponent(module)}`;

/** Opens a server for one test, through the test bed's control port. */
export async function openTestBed(): Promise<RemoteTestBed> {
  const control = `/bed/${inject('bedPort')}/sessions`;
  const port = await request(control, {});
  const place = `${control}/${port}`;
  const act = (act: BedAct): Promise<unknown> => request(place, act);
  const state = async (): Promise<BedState> => request(place) as Promise<BedState>;
  return {
    baseUrl: `/bed/${port}/jobs`,
    act,
    start: async (count = 1) => (await act({ do: 'start', count })) as string[],
    state,
    polls: async () => (await state()).requests.filter(({ path }) => path.endsWith('/poll')).length,
  };
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    setOffline(path: string, offline: boolean): Promise<void>;
    openTab(path: string): Promise<number>;
    readTab(tab: number): Promise<string>;
    clickTab(tab: number, selector: string): Promise<void>;
    closeTabs(): Promise<void>;
  }
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the test bed listens on loopback. */
    bedPort: number;
  }
}

async function request(place: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(place, init);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}
