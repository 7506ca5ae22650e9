import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { choose, corpusFiles, goTo, inMain, jobCard, publish, textFile } from './actions.ts';
import { Bed, byTurns, kinds, open } from './bed.ts';

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.make();
});

afterAll(() => bed[Symbol.asyncDispose]());

describe.concurrent.each(kinds)('%s', (kind) => {
  const test = byTurns(kind);

  test.inBoth(
    'D2 D4 D6 D8 from the shipped documents to an answer, with another page open meanwhile',
    async () => {
      const context = await bed.visitor();
      const page = await open(context, await bed.serve(), kind);
      await choose(page, corpusFiles());
      await goTo(page, 'Search');
      await inMain(page)
        .getByText(/^Version 1 is published without 1\sfile/)
        .waitFor();
      await page.getByLabel('Words to find').fill('prompt book');
      await page.locator('mark', { hasText: 'prompt' }).first().waitFor();
      await inMain(page)
        .getByText(/passages? in version 1/)
        .waitFor();

      await goTo(page, 'Documents');
      const card = jobCard(page);
      await card.getByText('Version 1 is published without 1 file').waitFor();
      expect(await page.getByRole('button', { name: /^Dismiss/ }).count()).toBe(0);
      expect(await card.getByText('torn-programme.pdf').count()).toBe(1);
      await page.getByText('12 files in version 1').waitFor();
      expect(await page.getByRole('row').count()).toBe(13);

      await goTo(page, 'Versions');
      await page.getByText('Current', { exact: true }).waitFor();
      await page
        .getByText(/^[0-9a-f]{64}$/)
        .first()
        .waitFor();
      await page.reload();
      await page.getByText('Current', { exact: true }).waitFor();
      expect(await page.getByText('is published without').count(), 'told once').toBe(0);
      await bed.leave(context);
    },
  );

  test('D2 D5 from the drop to the end one card or another tells of it, in every frame', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await page.evaluate(() => {
      const seen: string[] = [];
      Reflect.set(window, 'cardsByFrame', seen);
      const look = (): void => {
        const cards = [...document.querySelectorAll('main section.card[aria-label]')];
        const names = cards.map((card) => card.getAttribute('aria-label')).join(' and ');
        if (seen.at(-1) !== names) seen.push(names);
        requestAnimationFrame(look);
      };
      look();
    });
    await publish(page, [textFile('act-one.txt'), textFile('act-two.txt')]);
    const seen = await page.evaluate(() => Reflect.get(window, 'cardsByFrame') as string[]);
    const during = seen.slice(seen.findIndex((names) => names !== ''));
    expect(during.at(-1)).toBe('Change');
    for (const names of during) expect(['Upload', 'Next change', 'Change']).toContain(names);
    await bed.leave(context);
  });

  test('D5 a document is removed, and an older version is made current again', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await publish(page, [textFile('act-one.txt'), textFile('act-two.txt')]);
    await page.getByRole('button', { name: 'Remove act-two.txt' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('1 file in version 2').waitFor();
    expect(await page.getByTitle('act-two.txt').count()).toBe(0);

    await goTo(page, 'Versions');
    await inMain(page).getByText('1 document removed').waitFor();
    await page.getByRole('button', { name: 'Make current version 1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make current' }).click();
    await page.getByText('The content of version 1 again').waitFor();
    await goTo(page, 'Documents');
    await page.getByText('2 files in version 3').waitFor();
    await page.getByTitle('act-two.txt').waitFor();
    await bed.leave(context);
  });

  test('D4 another length of passages makes the index stale, and one click indexes everything again', async ({
    expect,
  }) => {
    const context = await bed.visitor();
    const url = await bed.servePublished();
    const page = await open(context, url, kind, 'settings');
    await page
      .getByLabel('Length of passages')
      .selectOption({ label: 'Short, up to 600 characters' });
    await page.getByRole('button', { name: 'Index again' }).click();
    await page.getByRole('region', { name: 'Stale index' }).waitFor({ state: 'detached' });
    await inMain(page).getByText('Version 2 is published').waitFor();
    await page.reload();
    await expect.poll(() => page.getByLabel('Length of passages').inputValue()).toBe('600');
    await bed.leave(context);
  });

  test('D2 a folder goes with its paths, and what systems hide in it stays behind', async () => {
    const folder = path.join(bed.folder(), 'season');
    mkdirSync(path.join(folder, 'spring'), { recursive: true });
    writeFileSync(path.join(folder, 'spring', 'play.txt'), 'A play for spring.');
    writeFileSync(path.join(folder, '.DS_Store'), 'hidden');
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await page.locator('input[type=file]').nth(1).setInputFiles(folder);
    await jobCard(page)
      .getByText(/is published/)
      .waitFor();
    await page.getByTitle('season/spring/play.txt').waitFor();
    expect(await page.getByTitle(/DS_Store/).count()).toBe(0);
    await bed.leave(context);
  });
});
