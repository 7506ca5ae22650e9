import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { chromiumArguments, findChromium } from '../../../../scripts/chromium.mjs';
import { DocumentsServer, type DocumentsServerOptions } from '../server/documents-server.ts';

export const kinds = ['react', 'svelte'] as const;
export type Kind = (typeof kinds)[number];

/** A browser with whatever was opened in it, and the servers beside it. Closed as a whole. */
export class Bed implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #ends: (() => unknown)[] = [];
  /** What pages said on their consoles that they should not have, since `calm` was last called. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async make(): Promise<Bed> {
    const executablePath = findChromium();
    return new Bed(
      await chromium.launch({
        ...(executablePath !== undefined && { executablePath }),
        args: chromiumArguments,
      }),
    );
  }

  /** A folder, removed in the end. */
  folder(): string {
    const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'offstage-pages-'));
    this.#ends.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    return folder;
  }

  /** A server of its own in this process. Jobs are steered by the names of files, see `stub`. */
  async serve(options: Partial<DocumentsServerOptions> = {}): Promise<string> {
    const server = new DocumentsServer({
      port: 0,
      stub: true,
      dataFolder: this.folder(),
      ...options,
    });
    this.#ends.push(() => server.shutdown({ graceMs: 5000 }));
    const { port } = await server.start();
    return `http://localhost:${port}`;
  }

  /** Somebody's browser: pages of it share one session. */
  async visitor(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    context.setDefaultTimeout(10_000);
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    context.on('weberror', (error) => this.complaints.push(String(error.error())));
    return context;
  }

  /** Asserts that no page has complained; `allowed` are complaints that the test provoked. */
  calm(allowed?: RegExp): void {
    const rest = this.complaints.filter((text) => !allowed?.test(text));
    this.complaints.length = 0;
    expect(rest).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    for (const end of this.#ends.reverse()) await end();
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
