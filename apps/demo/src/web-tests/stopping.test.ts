import { afterAll, beforeAll, describe, expect } from 'vitest';
import { choose, goTo, inMain, jobCard, textFile } from './actions.ts';
import { Bed, byTurns, kinds, open } from './bed.ts';

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.make();
});

afterAll(() => bed[Symbol.asyncDispose]());

describe.concurrent.each(kinds)('%s', (kind) => {
  const test = byTurns(kind);

  test('D3 D11 cancel says so at once, then that nothing was published; search answers all along', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.servePublished(), kind);
    await choose(page, [textFile('hang-act.txt')]);
    const card = jobCard(page);
    const bar = card.getByRole('progressbar', { name: 'Progress of the change' });
    await card.locator('progress[value]:not([value="0"])').waitFor();
    expect(await bar.getAttribute('max')).toBe('100');
    expect(await bar.getAttribute('aria-valuetext')).toMatch(/^Reading, \d+ percent$/);

    // Said before the server has even heard of it.
    const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
    await page.route('**/jobs/*/cancel', async (route) => {
      await heard;
      await route.continue();
    });
    await card.getByRole('button', { name: 'Cancel' }).click();
    await card.getByText('Canceling. It stops at the next safe place').waitFor();
    const again = card.getByRole('button', { name: 'Canceling' });
    expect(await again.getAttribute('aria-disabled')).toBe('true');
    await goTo(page, 'Search');
    await page.getByLabel('Words to find').fill('overture');
    await inMain(page).getByText('1 passage in version 1').waitFor();
    // Not before, since what is said last would be a matter of luck.
    hear();
    await inMain(page).getByText('Canceled, nothing was published').waitFor();
    expect(await page.getByRole('status').textContent()).toMatch(
      /^Canceled, nothing was published/,
    );
    await goTo(page, 'Documents');
    await card.getByText('Version 1 stays current').waitFor();
    await card.getByRole('button', { name: 'Done' }).click();
    expect(await card.count()).toBe(0);
    await bed.leave(context);
  });

  test('D3 D7 what was uploaded for a canceled change is kept, and starts again by a click', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.servePublished(), kind);
    await choose(page, [textFile('slow-act.txt')]);
    await jobCard(page).getByRole('button', { name: 'Cancel' }).click();
    await jobCard(page).getByText('Canceled, nothing was published').waitFor();
    const left = page.getByRole('region', { name: 'Left over' });
    await left.getByText('nothing has to be uploaded again').waitFor();
    let sent = 0;
    await page.route('**/api/uploads', (route) => {
      sent += 1;
      return route.continue();
    });
    await left.getByRole('button', { name: 'Start again' }).click();
    await jobCard(page)
      .getByText(/of 360 files/)
      .waitFor();
    await left.waitFor({ state: 'detached' });
    expect(sent).toBe(0);
    await bed.leave(context);
  });

  test('D6 a change in which no file can be read fails, says why, and publishes nothing', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.servePublished(), kind);
    await choose(page, [textFile('fail-act.txt')]);
    await jobCard(page).getByText('Failed, nothing was published').waitFor();
    await jobCard(page).getByText('The only file could not be read').waitFor();
    await jobCard(page)
      .getByText(/^Reference/)
      .waitFor();
    await page.getByText('1 file in version 1').waitFor();
    await bed.leave(context);
  });

  test('D2 an upload is canceled on its way, and nothing is left of it', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.servePublished(), kind);
    await page.route('**/api/uploads', () => {});
    await choose(page, [textFile('lost.txt')]);
    await page.getByRole('button', { name: 'Cancel upload' }).click();
    await page.getByRole('region', { name: 'Upload' }).waitFor({ state: 'detached' });
    expect(await jobCard(page).count()).toBe(0);
    await bed.leave(context, /ERR_/);
  });
});
