import { afterAll, beforeAll, describe, expect } from 'vitest';
import { visit } from '../testing/visitor.ts';
import { inMain } from './actions.ts';
import { Bed, byTurns, kinds, open } from './bed.ts';

let bed: Bed;
let url: string;

beforeAll(async () => {
  bed = await Bed.make();
  url = await bed.serve({ stub: false });
  const acts = Array.from({ length: 14 }, (_, n) => [
    `season/act-${n}.txt`,
    `Act ${n}. The lanterns are lit, and the ghost walks.\n`,
  ]);
  await visit(url).publish({
    ...Object.fromEntries(acts),
    'notes/table.md':
      'Props:\n\n| Name | Place |\n|---|---|\n| Sword | Left wing |\n\nThat is all.\n',
    'notes/prompt.md': '# Prompt\n\nThe prompter has a lantern.\n',
    'notes/<b>loud<b>.txt': 'A thunder sheet <i>rolls</i>. <img src=x onerror=alert(1)>\n',
  });
});

afterAll(() => bed[Symbol.asyncDispose]());

describe.concurrent.each(kinds)('%s', (kind) => {
  const test = byTurns(kind);

  test('D4 a search shows documents by pages, and says how many there are', async () => {
    const context = await bed.visitor();
    const page = await open(context, url, kind, 'search?q=lantern');
    const found = page.getByRole('list', { name: 'Documents with passages' });
    await inMain(page).getByText('10 of 15 documents, 15 passages in version 1').waitFor();
    expect(await found.getByRole('heading').count()).toBe(10);
    await page.getByRole('link', { name: 'Next' }).click();
    await inMain(page).getByText('11 to 15 of 15 documents').waitFor();
    expect(await found.getByRole('heading').count()).toBe(5);
    expect(await page.getByRole('link', { name: 'Next' }).count()).toBe(0);
    await page.goBack();
    await inMain(page).getByText('10 of 15 documents').waitFor();
    // Whoever follows an old link is not left in an empty room.
    await page.goto(`${url}/${kind}/search?q=lantern&page=9`);
    await page.getByRole('link', { name: 'The first page' }).click();
    await inMain(page).getByText('10 of 15 documents').waitFor();
    await bed.leave(context);
  });

  test('D4 a search is narrowed by kind and folder, and its address says so', async () => {
    const context = await bed.visitor();
    const page = await open(context, url, kind, 'search?q=lantern');
    await page.getByLabel('Folder').selectOption('notes');
    await inMain(page).getByText('1 passage in version 1').waitFor();
    await page.getByLabel('Kind').selectOption('Plain text');
    await page.getByText('Nothing of that kind or folder has').waitFor();
    const { searchParams } = new URL(page.url());
    expect([...searchParams]).toEqual([
      ['q', 'lantern'],
      ['kind', 'text'],
      ['folder', 'notes'],
    ]);
    await page.reload();
    await page.getByRole('link', { name: 'Search everywhere' }).click();
    await inMain(page).getByText('10 of 15 documents').waitFor();
    await bed.leave(context);
  });

  test('D4 a word that is nowhere is told, with those that are like it', async () => {
    const context = await bed.visitor();
    const page = await open(context, url, kind, 'search?q=promter');
    await page.getByText('No passage found').waitFor();
    await inMain(page).getByText('has “promter”').waitFor();
    await page.getByRole('link', { name: 'prompter' }).click();
    await inMain(page).getByText('1 passage in version 1').waitFor();
    expect(await page.getByLabel('Words to find').inputValue()).toBe('prompter');
    await bed.leave(context);
  });

  test('D4 the last word goes on while it is typed, from three letters on, and no more once it is sent', async ({
    expect,
  }) => {
    const context = await bed.visitor();
    const page = await open(context, url, kind, 'search');
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/api/search') {
        asked.push(`${searchParams.get('q')} ${searchParams.get('typed')}`);
      }
    });
    const field = page.getByLabel('Words to find');
    await field.fill('pr');
    await inMain(page).getByText('has “pr”').waitFor();
    await field.fill('promp');
    await inMain(page).getByText('1 passage in version 1').waitFor();
    await field.press('Enter');
    await inMain(page).getByText('has “promp”').waitFor();
    expect(asked).toEqual(['pr null', 'promp 1', 'promp null']);
    await bed.leave(context);
  });

  test('D4 a search that is overtaken is given up', async ({ expect }) => {
    const context = await bed.visitor();
    const page = await open(context, url, kind, 'search');
    await page.route('**/api/search?q=ghost*', () => {});
    const given: string[] = [];
    page.on('requestfailed', (request) => given.push(new URL(request.url()).pathname));
    const asked = page.waitForRequest('**/api/search?q=ghost*');
    await page.getByLabel('Words to find').fill('ghost');
    await asked;
    await page.getByLabel('Words to find').fill('prompter');
    await inMain(page).getByText('1 passage in version 1').waitFor();
    await expect.poll(() => given).toEqual(['/api/search']);
    await bed.leave(context);
  });

  const refusals = [
    ['search_busy', 'Many searches are at work just now. Try again in a moment.'],
    ['search_timeout', 'The search took too long. Name fewer or longer words.'],
  ] as const;
  for (const [code, words] of refusals) {
    test(`D4 ${code} is told in words, and asked again by a click`, async () => {
      const context = await bed.visitor();
      const page = await open(context, url, kind, 'search');
      let answers = 0;
      await page.route('**/api/search?*', (route) => {
        answers += 1;
        return answers === 1
          ? route.fulfill({ status: 503, json: { code, title: 'x' } })
          : route.continue();
      });
      await page.getByLabel('Words to find').fill('prompter');
      await page.getByRole('alert').getByText(words).waitFor();
      await page.getByRole('button', { name: 'Search again' }).click();
      await inMain(page).getByText('1 passage in version 1').waitFor();
      await bed.leave(context, /503/);
    });
  }

  test('D4 D12 titles, names and passages full of markup are shown as text', async () => {
    const context = await bed.visitor();
    const page = await open(context, url, kind, 'search?q=thunder');
    const found = page.getByRole('list', { name: 'Documents with passages' });
    await found.locator('mark').getByText('thunder').waitFor();
    expect(await found.textContent()).toContain('<img src=x onerror=alert(1)>');
    expect(await found.textContent()).toContain('notes/<b>loud<b>.txt');
    expect(await page.locator('main :is(img, b, i, script)').count()).toBe(0);
    await bed.leave(context);
  });

  test('D4 a table of a document that is open is shown as one, with its marks', async () => {
    const context = await bed.visitor();
    const [hit] = (await visit(url).api.search('sword')).hits;
    const address = new URLSearchParams({ id: hit?.documentId ?? '', q: 'sword' });
    const page = await open(context, url, kind, `document?${address}`);
    const text = page.locator('.document-text');
    await text.locator('table mark').getByText('Sword').waitFor();
    expect(await text.locator('tr').count()).toBe(2);
    expect(await text.locator('td').allInnerTexts()).toEqual([
      'Name',
      'Place',
      'Sword',
      'Left wing',
    ]);
    expect(await text.locator('p').allInnerTexts()).toEqual(['Props:', 'That is all.']);
    await bed.leave(context);
  });
});
