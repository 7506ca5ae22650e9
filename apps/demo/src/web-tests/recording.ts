import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeMixedDocuments } from '../testing/mixed-documents.ts';
import { corpusFiles, inMain, jobCard, type SentFile } from './actions.ts';
import { animatedGif } from './animated-gif.ts';
import { slowDown } from './arrange.ts';
import { Bed, open } from './bed.ts';
import { Screencast } from './screencast.ts';

// Told to the real application with real documents, at the pace of a person who watches.

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.make();
});

afterAll(() => bed[Symbol.asyncDispose]());

test('D2 D3 D4 files are dropped, canceled, dropped again, published and searched', async () => {
  const target = process.env.OFFSTAGE_RECORDING ?? path.join(bed.folder(), 'recording.gif');
  const archive = path.join(bed.folder(), 'archive');
  const names = await writeMixedDocuments(archive, 280);
  const files: SentFile[] = [
    ...corpusFiles().filter(({ name }) => name !== 'torn-programme.pdf'),
    ...names.map((name) => ({
      name: `archive/${name}`,
      mimeType: 'application/octet-stream',
      buffer: readFileSync(path.join(archive, name)),
    })),
  ];
  const context = await bed.visitor({
    viewport: { width: 960, height: 600 },
    reducedMotion: 'reduce',
  });
  const page = await open(context, await bed.serve({ stub: false }), 'react');
  await page.getByText('The stage is empty').waitFor();
  await keep(page, files);
  await slowDown(page, 6_000_000);
  const hand = await Hand.on(page);
  const screencast = await Screencast.start(page);

  await page.waitForTimeout(400);
  await hand.drop();
  const card = jobCard(page);
  await card.locator('progress[value]').waitFor();
  await atLeast(page, 15);
  await hand.click(card.getByRole('button', { name: 'Cancel' }));
  await card.getByText('Canceled, nothing was published').waitFor();
  await page.waitForTimeout(1200);

  await hand.drop();
  await card.getByText('Version 1 is published').waitFor();
  await page.waitForTimeout(1000);
  await hand.click(card.getByRole('link', { name: 'Search it' }));
  const field = page.getByLabel('Words to find');
  await hand.click(field);
  await field.pressSequentially('stage manager', { delay: 70 });
  await inMain(page)
    .getByText(/passages? of .+ in version 1/)
    .waitFor();
  await page.waitForTimeout(500);
  const frames = await screencast.stop();
  const gif = animatedGif(frames, { minFrameMs: 70, maxFrameMs: 1100, endMs: 2200 });
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, gif);
  expect(gif.length).toBeLessThan(1_500_000);
}, 180_000);

/** Puts files at hand in the page, to be dropped. */
const keep = (page: Page, files: readonly SentFile[]): Promise<void> =>
  page.evaluate(
    (sent) => {
      const made = sent.map(({ name, text }) => {
        const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        return new File([bytes], name);
      });
      Reflect.set(window, 'kept', made);
    },
    files.map(({ name, buffer }) => ({ name, text: buffer.toString('base64') })),
  );

/** Waits until that much of the change is done, in percent. */
const atLeast = (page: Page, percent: number) =>
  page.waitForFunction(
    (least) => Number(document.querySelector('progress')?.getAttribute('value')) >= least,
    percent,
    { polling: 'raf' },
  );

const moveMs = 350;

/** A pointer that is seen, since a page's own is not in its pictures. */
class Hand {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async on(page: Page): Promise<Hand> {
    await page.evaluate(() => {
      const namespace = 'http://www.w3.org/2000/svg';
      const hand = document.createElementNS(namespace, 'svg');
      hand.setAttribute('viewBox', '0 0 24 24');
      hand.id = 'hand';
      const arrow = document.createElementNS(namespace, 'path');
      arrow.setAttribute('d', 'M4 2v18l5-5 3.5 7 3-1.5L12 14h7z');
      arrow.setAttribute('fill', '#111');
      arrow.setAttribute('stroke', '#fff');
      arrow.setAttribute('stroke-width', '1.5');
      hand.append(arrow);
      Object.assign(hand.style, {
        ...{ position: 'fixed', zIndex: '99', width: '26px', height: '26px' },
        ...{ left: '900px', top: '560px', pointerEvents: 'none' },
      });
      document.body.append(hand);
    });
    return new Hand(page);
  }

  async click(target: Locator): Promise<void> {
    const box = await target.boundingBox();
    if (box === null) throw new Error('What is to be clicked cannot be seen.');
    await this.#moveTo(box.x + Math.min(box.width / 2, 120), box.y + box.height / 2);
    await target.click();
  }

  /** Carries the kept files to the page and lets go of them. */
  async drop(): Promise<void> {
    const over = () =>
      this.#page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        for (const file of Reflect.get(window, 'kept')) dataTransfer.items.add(file);
        Reflect.set(window, 'carried', dataTransfer);
        document.body.dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true }));
      });
    const zone = await this.#page.getByRole('region', { name: 'Add documents' }).boundingBox();
    if (zone === null) throw new Error('There is no place to drop files.');
    await this.#moveTo(zone.x + zone.width / 2, Math.min(zone.y + zone.height / 2, 560));
    await over();
    await this.#page.waitForTimeout(500);
    await this.#page.evaluate(() => {
      const dataTransfer: DataTransfer = Reflect.get(window, 'carried');
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
    });
  }

  #moveTo(x: number, y: number): Promise<void> {
    return this.#page.evaluate(
      async ({ to, ms }) => {
        const { style } = document.getElementById('hand') ?? document.body;
        const from = { x: Number.parseFloat(style.left), y: Number.parseFloat(style.top) };
        const startedAt = performance.now();
        for (let part = 0; part < 1; ) {
          part = Math.min(1, (performance.now() - startedAt) / ms);
          const eased = part * part * (3 - 2 * part);
          style.left = `${from.x + (to.x - from.x) * eased}px`;
          style.top = `${from.y + (to.y - from.y) * eased}px`;
          await new Promise(requestAnimationFrame);
        }
      },
      { to: { x, y }, ms: moveMs },
    );
  }
}
