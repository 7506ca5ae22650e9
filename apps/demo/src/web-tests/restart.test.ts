import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runtimeOptions } from '../../../../scripts/setup.mjs';
import { choose, goTo, inMain, jobCard, publish, textFile } from './actions.ts';
import { Bed, kinds, open } from './bed.ts';

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.make();
});

afterAll(() => bed[Symbol.asyncDispose]());

describe.concurrent.each(kinds)('%s', (kind) => {
  test('D7 killed in the middle of a change, the server comes back with what was published, and goes on with it', async () => {
    const data = bed.folder();
    const before = await spawnServer(data, 0);
    const context = await bed.visitor();
    const page = await open(context, before.url, kind);
    await publish(page, [textFile('kept.txt', 'What is kept stays.\n')]);
    await choose(page, [textFile('slow-act.txt')]);
    await jobCard(page)
      .getByText(/of 360 files/)
      .waitFor();

    before.child.kill('SIGKILL');
    await once(before.child, 'exit');
    await page.getByText('The server does not answer').waitFor();
    await spawnServer(data, Number(new URL(before.url).port));
    await page.getByText(/was interrupted by a restart of the server/).waitFor();
    await page.getByText('The server does not answer').waitFor({ state: 'detached' });
    await page.getByText(/it is going on after the interruption/).waitFor();
    await page.getByText('1 file in version 1').waitFor();
    await jobCard(page)
      .getByText(/of 360 files/)
      .waitFor();
    await goTo(page, 'Search');
    await page.getByLabel('Words to find').fill('kept');
    await inMain(page).getByText('1 passage in version 1').waitFor();

    await page.getByRole('button', { name: 'Dismiss: interrupted' }).click();
    await page.getByText(/was interrupted/).waitFor({ state: 'detached' });
    await page.reload();
    await inMain(page).getByText('1 passage in version 1').waitFor();
    expect(await page.getByText(/was interrupted/).count()).toBe(0);

    // A page that is opened anew finds it at work.
    await goTo(page, 'Documents');
    await jobCard(page)
      .getByText(/of 360 files/)
      .waitFor();
    await bed.leave(context, /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|404/);
  });
});

/** A server in a process of its own, to be killed. */
async function spawnServer(
  data: string,
  port: number,
): Promise<{ url: string; child: ChildProcess }> {
  const script = fileURLToPath(new URL('../server/start.ts', import.meta.url));
  const child = spawn(process.execPath, [...runtimeOptions, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: String(port), OFFSTAGE_DATA: data, OFFSTAGE_STUB: '1' },
  });
  bed.atEnd(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Documents is at (.*)\/$/.exec(line)?.[1];
    if (url !== undefined) return { url, child };
  }
  throw new Error('The server ended before it listened.');
}
