import { afterAll, beforeAll, describe, expect } from 'vitest';
import { choose, goTo, inMain, jobCard, publish, textFile } from './actions.ts';
import { Bed, byTurns, kinds, open } from './bed.ts';

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.make();
});

afterAll(() => bed[Symbol.asyncDispose]());

describe.concurrent.each(kinds)('%s', (kind) => {
  const test = byTurns(kind);

  test('D2 D12 an upload that is cut off halfway keeps what has arrived, and goes on where it was', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    let requests = 0;
    await page.route('**/api/uploads', (route) => {
      requests += 1;
      return requests === 2 ? route.abort() : route.continue();
    });
    // More than one request takes.
    await choose(page, manyFiles(60));
    const upload = page.getByRole('region', { name: 'Upload' });
    await upload.getByText('Upload stopped').waitFor();
    await upload.getByText(/^50 of 60\sfiles/).waitFor();
    await upload.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('60 files in version 1').waitFor();
    await jobCard(page).getByText('60 documents added').waitFor();
    await bed.leave(context, /ERR_FAILED/);
  });

  test('D2 D4 files whose page was closed on the way make the index stale until they are added', async () => {
    const url = await bed.servePublished();
    const context = await bed.visitor();
    const closed = await open(context, url, kind);
    let requests = 0;
    await closed.route('**/api/uploads', (route) => {
      requests += 1;
      return requests === 1 ? route.continue() : route.abort();
    });
    await choose(closed, manyFiles(60));
    await closed.getByRole('region', { name: 'Upload' }).getByText('Upload stopped').waitFor();
    await closed.close();

    const page = await open(context, url, kind);
    const leftOver = page.getByRole('region', { name: 'Left over' });
    await leftOver.getByText('50 uploaded files not added yet').waitFor();
    const badge = inMain(page).getByText('Stale index', { exact: true });
    await badge.waitFor();
    for (const title of ['Search', 'Versions', 'Documents']) {
      await goTo(page, title);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await badge.waitFor();
    }
    await leftOver.getByRole('button', { name: 'Add now' }).click();
    await page.getByText('51 files in version 2').waitFor();
    await leftOver.waitFor({ state: 'detached' });
    expect(await badge.count()).toBe(0);
    await bed.leave(context, /ERR_FAILED/);
  });

  test('D2 the same file twice is one document, and two files of one name are two', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await publish(page, [
      textFile('cue.txt', 'Lights up.\n'),
      textFile('cue.txt', 'Lights up.\n'),
      textFile('cue.txt', 'Lights out.\n'),
    ]);
    await jobCard(page).getByText('2 documents added, 1 file there already').waitFor();
    await page.getByTitle('cue (2).txt').waitFor();
    expect(await page.getByRole('row').count()).toBe(3);

    await choose(page, [textFile('copy-of-cue.txt', 'Lights up.\n')]);
    await jobCard(page).getByText('Nothing to publish').waitFor();
    await jobCard(page).getByText('1 file is there already, with the same content').waitFor();
    await page.getByText('2 files in version 1').waitFor();
    await bed.leave(context);
  });

  test('D5 D6 what became of each file is told by its name', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await publish(page, [
      textFile('call.txt', 'Half past.\n'),
      textFile('cue.txt', 'Lights up.\n'),
    ]);
    await choose(page, [
      textFile('call.txt', 'Half past seven.\n'),
      textFile('copy-of-cue.txt', 'Lights up.\n'),
      textFile('props.txt', 'A lantern.\n'),
      textFile('torn.pdf', '%PDF-1.7\n'),
    ]);
    const names = page.getByRole('region', { name: 'Same names', exact: true });
    await names.getByText('call.txt').waitFor();
    await names.getByRole('button', { name: 'Replace it' }).click();
    await jobCard(page).getByText('Version 2 is published without 1 file').waitFor();
    await jobCard(page)
      .getByText(
        /^1\sdocument added, 1\sdocument replaced, 1\sfile there already, 1\sfile not searchable/,
      )
      .waitFor();
    await jobCard(page).getByText('Details of 3 other files').click();
    const told = (label: string): Promise<string[]> =>
      jobCard(page)
        .getByRole('region', { name: label })
        .getByRole('listitem')
        .evaluateAll((items) =>
          items.map(({ children }) => [...children].map((one) => one.textContent).join(': ')),
        );
    expect((await told('Other files')).sort()).toEqual([
      'call.txt: Took the place of the document of that name.',
      'copy-of-cue.txt: Was there already, with the same content.',
      'props.txt: Added.',
    ]);
    expect(await told('Files that cannot be searched')).toEqual([
      'torn.pdf: It is not a whole PDF.',
    ]);
    await bed.leave(context);
  });

  test('D6 files that failed are tried again and removed by their reason', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await publish(page, [
      textFile('a.txt'),
      textFile('empty.txt', ''),
      textFile('torn.pdf', '%PDF-1.7\n'),
    ]);
    await page.getByLabel('Kind').selectOption('failed');
    const reasons = page.getByRole('region', { name: 'Reasons' });
    await reasons.getByRole('button', { name: 'Try all again' }).click();
    await jobCard(page)
      .getByText(/^None of the 2 files could be read/)
      .waitFor();
    await reasons.getByRole('button', { name: 'Remove all of this reason: it is empty' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('1 of 2 files in version 2').waitFor();
    expect(await page.getByTitle('torn.pdf').count()).toBe(1);
    await bed.leave(context);
  });

  test('D2 five hundred files at once become one version', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await choose(page, manyFiles(500));
    await page.getByRole('progressbar', { name: 'Upload' }).waitFor();
    await page.getByText('500 files in version 1').waitFor();
    await jobCard(page).getByText('500 documents added').waitFor();
    await page.getByTitle('scene-000.txt').waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(60);
    await bed.leave(context);
  });

  test('D12 names and texts full of markup, control characters and directions are shown as they are', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    const markup = '<img src=x onerror=alert(1)>.txt';
    const hebrew = '\u05d0\u05d1\u05d2 program.txt';
    await publish(page, [
      textFile(markup, 'Curtain \u0007<script>alert(2)</script>\u001b[31m <b>up</b> \u202enow.\n'),
      textFile(hebrew, 'Right to left.\n'),
      textFile('bill\u202etxt.exe', 'Its name turns around.\n'),
    ]);
    await page.getByRole('button', { name: `Remove ${markup}` }).waitFor();
    await page.getByRole('button', { name: 'Remove billtxt.exe' }).waitFor();
    const direction = await page
      .getByTitle(hebrew)
      .evaluate((name) => `${name.tagName} ${getComputedStyle(name).direction}`);
    expect(direction, 'each name has a direction of its own').toBe('BDI rtl');
    await goTo(page, 'Search');
    await page.getByLabel('Words to find').fill('curtain');
    await page.locator('mark').first().waitFor();
    await page.getByText('<b>up</b>').waitFor();
    expect(await page.locator('main :is(img, b, script)').count()).toBe(0);
    const passage = await page.getByRole('list', { name: 'Passages' }).textContent();
    expect(passage).toContain('<script>alert(2)</script>');
    expect(passage).not.toMatch(/(?!\n)\p{Cc}/u);
    await bed.leave(context);
  });
});

const manyFiles = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const name = `scene-${String(n).padStart(3, '0')}.txt`;
    return textFile(
      name,
      `Scene ${n} of the season, which is no other's: ${crypto.randomUUID()}.\n`,
    );
  });
