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

  test('D5 two tabs show one change; what the second one adds waits, and then starts by itself', async () => {
    const url = await bed.serve();
    const context = await bed.visitor();
    const first = await open(context, url, kind);
    await choose(first, [textFile('slow-act.txt')]);
    await jobCard(first)
      .getByText(/of 360 files/)
      .waitFor();
    const second = await open(context, url, kind);
    await jobCard(second)
      .getByText(/of 360 files/)
      .waitFor();

    await choose(second, [textFile('next.txt')]);
    const waiting = second.getByRole('region', { name: 'Next change' });
    await waiting.getByText('Another change of yours is at work').waitFor();
    await goTo(second, 'Versions');
    await inMain(second).getByText('Another change of yours is at work').waitFor();
    await goTo(second, 'Documents');
    await jobCard(second).getByRole('button', { name: 'Cancel' }).click();
    await jobCard(second).getByText('Version 1 is published').waitFor();
    await first.getByText('1 file in version 1').waitFor();
    expect(await waiting.count()).toBe(0);
    await bed.leave(context, /409/);
  });

  test('D5 D12 two sessions see neither jobs nor logs of one another, but that they have to wait', async () => {
    const url = await bed.serve();
    const [anna, ben] = [await bed.visitor(), await bed.visitor()];
    const hers = await open(anna, url, kind);
    await choose(hers, [textFile('slow-secret.txt')]);
    await jobCard(hers)
      .getByText(/of 360 files/)
      .waitFor();

    const his = await open(ben, url, kind);
    await his.getByText('In use elsewhere').waitFor();
    await his.getByText('Somebody else is changing the documents').waitFor();
    await goTo(his, 'Versions');
    await inMain(his).getByText('Somebody else is changing the documents').waitFor();
    await goTo(his, 'Documents');
    expect(await jobCard(his).count()).toBe(0);
    await choose(his, [textFile('his.txt')]);
    await his.getByRole('region', { name: 'Next change' }).waitFor();
    await goTo(his, 'Activity');
    await his.getByText('No jobs').waitFor();
    await his.getByText('Nothing was written yet').waitFor();
    const { id } = await hers.evaluate(async () => (await (await fetch('/jobs')).json()).jobs[0]);
    const stolen = await his.evaluate(
      async (job) => [
        (await fetch(`/jobs/${job}`)).status,
        await (await fetch(`/jobs/${job}/cancel`, { method: 'POST' })).json(),
      ],
      id,
    );
    expect(stolen).toEqual([404, { canceled: false }]);
    expect(await his.locator('body').textContent()).not.toContain(String(id).slice(0, 8));

    await goTo(hers, 'Activity');
    await hers.getByRole('button', { name: 'Cancel' }).click();
    await hers.getByRole('cell', { name: 'canceled' }).waitFor();
    await hers.getByRole('button', { name: 'Clear' }).click();
    await hers.getByText('No jobs').waitFor();
    await his.getByRole('region', { name: 'Version 1 is published' }).waitFor();
    await bed.leave(anna);
    await bed.leave(ben, /404|409/);
  });

  test('D10 H4 eight windows of the activity are all live, and leave connections for requests', async () => {
    const url = await bed.serve();
    const context = await bed.visitor();
    const windows = [];
    for (let n = 0; n < 8; n += 1) windows.push(await open(context, url, kind, 'activity'));
    const [first] = windows;
    if (first === undefined) throw new Error('There is no window.');
    for (const window of windows) await window.getByText('Live', { exact: true }).waitFor();
    const last = await open(context, url, kind);
    await choose(last, [textFile('one.txt')]);
    await jobCard(last)
      .getByText(/is published/)
      .waitFor();
    const completed = { name: 'completed' } as const;
    for (const window of windows) await window.getByRole('cell', completed).waitFor();
    // The one that holds the stream leaves it to another one.
    await first.close();
    await choose(last, [textFile('two.txt')]);
    for (const window of windows.slice(1))
      await window.getByRole('cell', completed).nth(1).waitFor();
    await bed.leave(context);
  });

  test('D10 H4 so they are where windows cannot know of each other', async () => {
    const url = await bed.serve();
    const context = await bed.visitor();
    // As over plain HTTP from another machine.
    await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
    const windows = [];
    for (let n = 0; n < 7; n += 1) windows.push(await open(context, url, kind, 'activity'));
    const last = await open(context, url, kind);
    await choose(last, [textFile('one.txt')]);
    await jobCard(last)
      .getByText(/is published/)
      .waitFor();
    for (const window of windows) {
      await window.getByText('Live', { exact: true }).waitFor();
      await window.getByRole('cell', { name: 'completed' }).waitFor();
    }
    await bed.leave(context);
  });
});
