import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { writeMixedDocuments } from '@offstage/demo/testing/mixed-documents.ts';
import { setup as buildPages } from '@offstage/demo/web-tests/build-pages.ts';
import { type Browser, chromium, type Page } from 'playwright-core';
import { chromiumArguments, ensureChromium } from '../../../scripts/chromium.mjs';
import { median } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { type ServerProcess, startDocuments } from './server-process.ts';

const files = 500;
const rounds = 10;

/** Milliseconds from the click on Cancel until a person sees it. */
interface Seen {
  readonly canceling: number;
  readonly canceled: number;
}

/**
 * Begins to wait in the page for the next click on Cancel. Answered later by `seen`: both times end with
 * the frame that shows what is waited for.
 */
const watch = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const card = () => document.querySelector('section[aria-label="Change"]');
    const painted = (): Promise<number> =>
      new Promise((resolve) => {
        requestAnimationFrame(() => {
          // A task after the frame's own, so that it has been painted.
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve(performance.now());
          port2.postMessage(null);
        });
      });
    const shown = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const observer = new MutationObserver(look);
        function look(): void {
          if (!card()?.textContent?.includes(text)) return;
          observer.disconnect();
          resolve();
        }
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        look();
      });
    const seen = new Promise((resolve) => {
      document.addEventListener(
        'click',
        async ({ timeStamp }) => {
          await shown('Canceling. It stops');
          const canceling = (await painted()) - timeStamp;
          await shown('Canceled, nothing was published');
          resolve({ canceling, canceled: (await painted()) - timeStamp });
        },
        { once: true, capture: true },
      );
    });
    Reflect.set(window, 'seen', seen);
  });

const seen = (page: Page): Promise<Seen> => page.evaluate(() => Reflect.get(window, 'seen'));

/** Cancels changes of many files from a page, each while its files are being read. */
async function cancelFrom(
  kind: string,
  browser: Browser,
  { visitor, url }: ServerProcess,
  stage: (mark: string) => Promise<string[]>,
): Promise<Seen[]> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const [name = '', value = ''] = visitor.cookie.split('=');
  await context.addCookies([{ name, value, url }]);
  const page = await context.newPage();
  await page.goto(`${url}/${kind}/documents`);
  const card = page.getByRole('region', { name: 'Change', exact: true });
  const took: Seen[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const add = await stage(`${kind}-${round}`);
    await watch(page);
    const job = await visitor.start(add);
    await card.getByText(/^\d+ of \d+ files/).waitFor();
    await card.getByRole('button', { name: 'Cancel' }).click();
    if ((await visitor.jobs.wait(job)).status === 'canceled') took.push(await seen(page));
  }
  await context.close();
  return took;
}

async function run(): Promise<Row[]> {
  buildPages();
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: chromiumArguments,
  });
  try {
    const folder = path.join(scratch, 'documents');
    const names = await writeMixedDocuments(folder, files);
    await using server = await startDocuments(path.join(scratch, 'data'));
    const stage = (mark: string): Promise<string[]> =>
      server.visitor.upload(
        Object.fromEntries(
          names.map((name) => [
            `${mark}-${name}`,
            // Each round has contents of its own, or all would be duplicates.
            Buffer.concat([readFileSync(path.join(folder, name)), Buffer.from(`\n${mark}`)]),
          ]),
        ),
      );
    await server.visitor.publish({ 'overture.txt': 'An overture.\n' });
    const rows: Row[] = [];
    for (const kind of ['react', 'svelte']) {
      const took = await cancelFrom(kind, browser, server, stage);
      rows.push(
        rowOf(`${kind}: click on Cancel to "canceling" shown`, 'the click', 100, took, 'canceling'),
        rowOf(
          `${kind}: click on Cancel to "canceled" shown`,
          `${files} files`,
          1000,
          took,
          'canceled',
        ),
      );
    }
    return rows;
  } finally {
    await browser.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function rowOf(
  measure: string,
  peer: string,
  targetMs: number,
  took: readonly Seen[],
  what: keyof Seen,
): Row {
  const times = took.map((seen) => seen[what]);
  const slowest = Math.max(...times);
  return {
    measure: `${measure}, slowest of ${times.length}`,
    ours: `${slowest.toFixed(0)} ms, median ${median(times).toFixed(0)} ms`,
    peer,
    ratio: null,
    target: targetMs < 1000 ? `under ${targetMs} ms` : `under ${targetMs / 1000} s`,
    pass: times.length > 0 && slowest < targetMs,
  };
}

const bench: Bench = { name: 'Documents: cancel from a page', run };
export default bench;

await runAlone(import.meta, bench);
