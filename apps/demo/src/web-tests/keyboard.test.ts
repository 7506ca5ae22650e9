import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { choose, inMain, jobCard, textFile } from './actions.ts';
import { tenThousand } from './arrange.ts';
import { Bed, byTurns, kinds, open } from './bed.ts';

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.make();
});

afterAll(() => bed[Symbol.asyncDispose]());

describe.concurrent.each(kinds)('%s', (kind) => {
  const test = byTurns(kind);

  test.inBoth('D11 the keyboard alone adds, cancels, asks and answers', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.servePublished(), kind);
    await page.getByTitle('overture.txt').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');

    const chooser = page.waitForEvent('filechooser');
    await tabTo(page, 'Choose files');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles([textFile('slow-act.txt')]);
    await jobCard(page)
      .getByText(/of 360 files/)
      .waitFor();
    await tabTo(page, 'Cancel');
    await page.keyboard.press('Enter');
    await jobCard(page).getByText('Canceled, nothing was published').waitFor();

    await tabTo(page, 'Remove overture.txt');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await focused(page)).toBe('Keep as it is');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('Remove overture.txt');
    await bed.leave(context);
  });

  test('D11 the keyboard alone goes to pages and searches', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.servePublished(), kind);
    await page.getByTitle('overture.txt').waitFor();
    await tabTo(page, 'Search');
    await page.keyboard.press('Enter');
    await page.locator('h1:focus', { hasText: 'Search' }).waitFor();
    expect(await page.title()).toBe('Search · Offstage');
    await page.keyboard.press('Tab');
    await page.keyboard.type('overture');
    await inMain(page).getByText('1 passage in version 1').waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Documents' }).waitFor();
    await page.goForward();
    await inMain(page).getByText('1 passage in version 1').waitFor();
    await bed.leave(context);
  });

  test('D11 focus is seen wherever it goes, and the theme is chosen and kept', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.servePublished(), kind);
    await page.getByTitle('overture.txt').waitFor();
    const seen = new Set<string>();
    for (let step = 0; step < 15; step += 1) {
      await page.keyboard.press('Tab');
      seen.add(
        await page.evaluate(() => {
          const { outlineStyle, outlineWidth } = getComputedStyle(
            document.activeElement ?? document.body,
          );
          return `${outlineStyle} ${outlineWidth}`;
        }),
      );
      if ((await focused(page)) === 'Remove overture.txt') break;
    }
    expect([...seen]).toEqual(['solid 2px']);

    const theme = page.getByRole('button', { name: /^Colors:/ });
    await theme.click();
    await theme.click();
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
    await page.reload();
    await page.getByTitle('overture.txt').waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
    await bed.leave(context);
  });

  test('D11 nothing moves where motion is not wanted', async () => {
    const url = await bed.serve();
    const context = await bed.visitor();
    const page = await open(context, url, kind);
    await choose(page, [textFile('slow-act.txt')]);
    await jobCard(page)
      .getByText(/of 360 files/)
      .waitFor();
    const moving = () => page.evaluate(() => document.getAnimations().length);
    expect(await moving(), 'the lamp breathes').toBeGreaterThan(0);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await moving()).toBe(0);
    await bed.leave(context);
  });

  test('D2 ten thousand documents are a screenful of rows, wherever one looks', async () => {
    const context = await bed.visitor();
    await tenThousand(context);
    const page = await open(context, await bed.servePublished(), kind);
    await page.getByTitle('season/scene-00003.pdf').waitFor();
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.getByTitle('season/scene-09999.pdf').waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(60);
    expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe('10001');
    const last = page.getByRole('row').last();
    expect(await last.getAttribute('aria-rowindex')).toBe('10001');
    await bed.leave(context);
  });
});

/** The name of what has the focus. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
  });

/** Presses Tab until something of that name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Nothing named "${name}" is reached by keyboard.`);
}
