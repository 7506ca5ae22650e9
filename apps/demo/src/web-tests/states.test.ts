import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DocumentsServer } from '../server/documents-server.ts';
import { corpusFiles, visit } from '../testing/documents-server.ts';
import { Bed, type Kind, kinds } from './bed.ts';
import { states } from './states.ts';

// Small enough for a file that is too large to be sent.
const uploads = { limits: { maxFileBytes: 2_500_000 } };

let bed: Bed;
let published: string;
let emptyUrl: string;
let fullUrl: string;

beforeAll(async () => {
  bed = await Bed.make();
  published = bed.folder();
  const server = new DocumentsServer({ port: 0, dataFolder: published });
  const { port } = await server.start();
  const visitor = visit(`http://localhost:${port}`);
  await visitor.publish(corpusFiles());
  await visitor.publish({ 'curtain-call.txt': 'Actors bow in the order of the cast list.\n' });
  await server.shutdown();
  emptyUrl = await bed.serve();
  fullUrl = await bed.serve({ dataFolder: bed.copyOf(published), uploads });
});

afterAll(() => bed[Symbol.asyncDispose]());

// The frameworks are twins over the same view models and styles: by turns, each state is looked at in
// one of them, and in the long form in both.
const isLong = process.env.OFFSTAGE_LONG === '1' || process.env.OFFSTAGE_SCREENSHOTS !== undefined;
const statesOf = (kind: Kind) =>
  states.filter((_, index) => isLong || kinds[index % kinds.length] === kind);

describe.concurrent.each(kinds)('%s', (kind) => {
  test.each(statesOf(kind))(
    'D11 axe finds nothing, and no error is logged: $name',
    async (state) => {
      const context = await bed.visitor({ reducedMotion: 'reduce' });
      const own = () => bed.serve({ dataFolder: bed.copyOf(published), uploads });
      const page = await state.arrange({ bed, kind, context, emptyUrl, fullUrl, own });
      await page.evaluate(axeSource);
      expect(await axe(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      expect(await axe(page, ['color-contrast'])).toEqual([]);
      expect(await overflows(page)).toBe(false);
      await takePictures(page, kind, state.name);
      await bed.leave(context, state.complaint);
    },
  );
});

// Evaluated, since the page allows no foreign script.
const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** What axe finds, one line each; by all of its rules unless some are named. */
const axe = (page: Page, rules?: string[]): Promise<string[]> =>
  page.evaluate(async (only) => {
    // Details of what is well are not read.
    const brief = { resultTypes: ['violations'], preload: false };
    const options = only === undefined ? brief : { ...brief, runOnly: only };
    const { violations } = await Reflect.get(window, 'axe').run(document, options);
    return violations.flatMap(
      ({ id, nodes }: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  }, rules);

/** Whether the page scrolls sideways at the width of a small telephone. */
async function overflows(page: Page): Promise<boolean> {
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 900 };
  await page.setViewportSize({ width: 360, height: 740 });
  const found = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  await page.setViewportSize({ width, height });
  return found;
}

/** For looking at: `OFFSTAGE_SCREENSHOTS` names the folder. */
async function takePictures(page: Page, kind: string, name: string): Promise<void> {
  const folder = process.env.OFFSTAGE_SCREENSHOTS;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const sizes = [
    [360, 740],
    [768, 1024],
    [1280, 900],
    [1600, 1000],
  ] as const;
  for (const [width, height] of sizes) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.screenshot({
        path: path.join(folder, `${name}-${kind}-${width}-${colorScheme}.png`),
      });
    }
  }
}
