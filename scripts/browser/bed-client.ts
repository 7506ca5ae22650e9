import { inject } from 'vitest';
import type { WorldAct, WorldState } from './world.ts';

/** A world as the page under test sees it. */
export interface RemoteWorld {
  /** Where its jobs are served, on the page's own origin. */
  readonly baseUrl: string;
  act(act: WorldAct): Promise<unknown>;
  start(count?: number): Promise<string[]>;
  state(): Promise<WorldState>;
  /** How many batched polls it has received. */
  polls(): Promise<number>;
}

/** Where a second tab finds a page that runs `module`, a URL of the page under test. */
export const tabUrl = (module: string): string =>
  `/bed/${inject('bedPort')}/page?module=${encodeURIComponent(module)}`;

/** Opens a server for one test, through the test bed's control port. */
export async function openWorld(): Promise<RemoteWorld> {
  const control = `/bed/${inject('bedPort')}/worlds`;
  const port = await request(control, {});
  const place = `${control}/${port}`;
  const act = (act: WorldAct): Promise<unknown> => request(place, act);
  const state = async (): Promise<WorldState> => request(place) as Promise<WorldState>;
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
