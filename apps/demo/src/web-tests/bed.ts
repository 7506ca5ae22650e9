import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, type TestContext, test } from 'vitest';
import { chromiumArguments, findChromium } from '../../../../scripts/chromium.mjs';
import { DocumentsServer, type DocumentsServerOptions } from '../server/documents-server.ts';
import { visit } from '../testing/documents-server.ts';

export const kinds = ['react', 'svelte'] as const;
export type Kind = (typeof kinds)[number];

/**
 * What declares the tests of a file: the frameworks are twins over the same view models and styles, so each
 * test is run in one of them, by turns, and in the long form in both. `inBoth` is for the journeys that show
 * that they are twins.
 */
export function byTurns(kind: Kind) {
  let turn = kinds.indexOf(kind);
  const inTurn = (title: string, run: (context: TestContext) => Promise<void>): void => {
    if (turn % kinds.length === 0 || process.env.OFFSTAGE_LONG === '1') test(title, run);
    turn += 1;
  };
  return Object.assign(inTurn, { inBoth: test });
}

interface RedisBed extends AsyncDisposable {
  readonly changes: DocumentsServerOptions['changes'];
}

/** `OFFSTAGE_BED=redis`: servers run changes over BullMQ, each in a process of its own. */
async function redisBed(): Promise<RedisBed | undefined> {
  if (process.env.OFFSTAGE_BED !== 'redis') return undefined;
  const { RedisServer } = await import('../../../../packages/bullmq/fixtures/redis-server.ts');
  const { RedisChanges } = await import('../server/redis/redis-changes.ts');
  const redis = await RedisServer.start('--appendfsync', 'no');
  return {
    changes: (parts) => new RedisChanges(parts, { url: redis.url, workers: 1 }),
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  };
}

/** A browser with whatever was opened in it, and the servers beside it. Closed as a whole. */
export class Bed implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #redis: RedisBed | undefined;
  readonly #ends: (() => unknown)[] = [];
  readonly #folders: string[] = [];
  /** What pages said on their consoles that they should not have. */
  readonly #complaints = new WeakMap<BrowserContext, string[]>();

  private constructor(browser: Browser, redis: RedisBed | undefined) {
    this.#browser = browser;
    this.#redis = redis;
  }

  static async make(): Promise<Bed> {
    const executablePath = findChromium();
    return new Bed(
      await chromium.launch({
        ...(executablePath !== undefined && { executablePath }),
        args: chromiumArguments,
      }),
      await redisBed(),
    );
  }

  /** Called in the end. */
  atEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** A folder, removed in the end. */
  folder(): string {
    const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'offstage-pages-'));
    this.#folders.push(folder);
    return folder;
  }

  /** A folder of its own with the same files. */
  copyOf(folder: string): string {
    const copy = this.folder();
    cpSync(folder, copy, { recursive: true });
    return copy;
  }

  /** A server of its own in this process. Jobs are steered by the names of files, see `stub`. */
  async serve(options: Partial<DocumentsServerOptions> = {}): Promise<string> {
    const server = new DocumentsServer({
      port: 0,
      stub: true,
      dataFolder: this.folder(),
      changes: this.#redis?.changes,
      ...options,
    });
    this.#ends.push(() => server.shutdown({ graceMs: 1000 }));
    const { port } = await server.start();
    return `http://localhost:${port}`;
  }

  /** A server with one small document published, as version 1. */
  async servePublished(): Promise<string> {
    const url = await this.serve();
    await visit(url).publish({ 'overture.txt': 'An overture.\n' });
    return url;
  }

  /** Somebody's browser: pages of it share one session. */
  async visitor(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    // Less than a test has, so that the failure names what was waited for.
    context.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    this.#complaints.set(context, complaints);
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(String(error.error())));
    return context;
  }

  /** Closes a visitor's pages and asserts that none has complained, but for what was provoked. */
  async leave(context: BrowserContext, provoked?: RegExp): Promise<void> {
    // An answer that is being rewritten just now is finished first: without its context it would fail.
    await context.unrouteAll({ behavior: 'wait' });
    await context.close();
    const complaints = this.#complaints.get(context) ?? [];
    expect(complaints.filter((text) => !provoked?.test(text))).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    // Folders last, since servers work in them.
    await Promise.all(this.#ends.map((end) => end()));
    await this.#redis?.[Symbol.asyncDispose]();
    for (const folder of this.#folders)
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Opens a page of the application. */
export async function open(
  context: BrowserContext,
  url: string,
  kind: Kind,
  page = 'documents',
): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(`${url}/${kind}/${page}`);
  await tab.getByRole('heading', { level: 1 }).waitFor();
  return tab;
}
