import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { writeFiles } from '../testing/scratch.ts';
import { visit } from '../testing/visitor.ts';
import type { CorpusView } from '../web/api.ts';
import { choose, goTo, inMain, jobCard, publish, textFile } from './actions.ts';
import { rewrite } from './arrange.ts';
import { Bed, byTurns, kinds, open } from './bed.ts';

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.make();
});

afterAll(() => bed[Symbol.asyncDispose]());

const uploadCard = (page: Page) => page.getByRole('region', { name: 'Upload' });
const notTaken = (page: Page) => page.getByRole('region', { name: 'Not taken' });

/** What the card of an upload says of the files that were not taken. */
const refusals = (page: Page): Promise<string[]> =>
  notTaken(page)
    .getByRole('listitem')
    .evaluateAll((items) =>
      items.map(({ children }) => [...children].map((one) => one.textContent).join(': ')),
    );

describe.concurrent.each(kinds)('%s', (kind) => {
  const test = byTurns(kind);

  test('D2 D3 a drop that is canceled while it is looked through sends nothing', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    let sent = 0;
    await page.route('**/api/uploads', (route) => {
      sent += 1;
      return route.continue();
    });
    await dropTree(page, { hall: { 'a.txt': 'A.', deep: { 'b.txt': 'B.' } } }, { held: 'deep' });
    await uploadCard(page).getByText('Collecting files').waitFor();
    await page.getByRole('button', { name: 'Cancel upload' }).click();
    await uploadCard(page).waitFor({ state: 'detached' });
    await page.evaluate(() => Reflect.get(window, 'letGo')());
    // Something later arrives alone.
    await publish(page, [textFile('later.txt')]);
    await page.getByText('1 file in version 1').waitFor();
    expect(sent).toBe(1);
    await bed.leave(context);
  });

  test('D2 D6 parts of a dropped folder that the browser cannot read are counted and named', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await dropTree(page, {
      hall: {
        'a.txt': 'A.',
        'locked.txt': new Error('NotReadableError'),
        'gone.txt': new Error('NotFoundError'),
        cellar: new Error('NotReadableError'),
      },
    });
    await page.getByText('1 file in version 1').waitFor();
    await notTaken(page).getByText('3 files not taken').waitFor();
    expect(await refusals(page)).toEqual([
      'hall/locked.txt: The file cannot be read: it was changed or removed meanwhile, or reading it is not allowed.',
      'hall/gone.txt: The file is gone.',
      'hall/cellar: The browser cannot read the folder, so nothing in it was taken.',
    ]);
    await bed.leave(context);
  });

  test('D2 a file that is saved or deleted before its turn is named, and the rest arrives', async () => {
    const folder = writeFiles(bed.folder(), {
      'kept.txt': 'K.',
      'saved.txt': 'S.',
      'lost.txt': 'L.',
    });
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    let requests = 0;
    await page.route('**/api/uploads', (route) => {
      requests += 1;
      return requests === 1 ? route.abort() : route.continue();
    });
    const names = ['kept.txt', 'saved.txt', 'lost.txt'];
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles(names.map((name) => path.join(folder, name)));
    await uploadCard(page).getByText('Upload stopped').waitFor();
    writeFileSync(path.join(folder, 'saved.txt'), 'Saved, and longer than it was before.');
    rmSync(path.join(folder, 'lost.txt'));
    await uploadCard(page).getByRole('button', { name: 'Go on' }).click();
    await page.getByText('1 file in version 1').waitFor();
    await page.getByTitle('kept.txt').waitFor();
    const told = await refusals(page);
    expect(told.map((text) => text.split(':')[0])).toEqual(['saved.txt', 'lost.txt']);
    await bed.leave(context, /ERR_FAILED/);
  });

  test('D2 what systems leave in a folder, and another data folder, stay behind and are counted', async () => {
    const folder = writeFiles(path.join(bed.folder(), 'season'), {
      'play.txt': 'A play.',
      'desktop.ini': 'x',
      'sub/Thumbs.db': 'x',
      'sub/~$lock.docx': 'x',
      'sub/._x': 'x',
      'sub/.~lock.x#': 'x',
      '.git/config': 'x',
      '.git/HEAD': 'x',
      'data/snapshots/CURRENT': 'x',
      'data/snapshots/LOCK': '',
      'data/snapshots/1-a/documents/d': 'x',
    });
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await page.locator('input[type=file]').nth(1).setInputFiles(folder);
    await page.getByText('1 file in version 1').waitFor();
    await notTaken(page)
      .getByText(/^7\sentries were passed over/)
      .waitFor();
    await notTaken(page).getByRole('button', { name: 'Dismiss' }).click();
    await notTaken(page).waitFor({ state: 'detached' });
    // The same when it is dropped; what is hidden is not even looked through.
    await dropTree(page, {
      acts: { 'one.txt': 'One.', '.DS_Store': 'x', '.git': { a: 'x', b: 'x' } },
    });
    await page.getByText('2 files in version 2').waitFor();
    await notTaken(page)
      .getByText(/^2\sentries were passed over/)
      .waitFor();
    await bed.leave(context);
  });

  test('D5 a start whose answer is lost shows its job, and not that it could not start', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    const keys: (string | undefined)[] = [];
    await page.route('**/jobs/documents.change', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      await route.fetch();
      await route.abort();
    });
    await page.evaluate(() => {
      const seen: string[] = [];
      Reflect.set(window, 'titles', seen);
      const look = (): void => {
        const card = document.querySelector('section[aria-label="Next change"] h2');
        if (card !== null) seen.push(card.textContent ?? '');
        requestAnimationFrame(look);
      };
      look();
    });
    await choose(page, [textFile('slow-act.txt')]);
    await jobCard(page)
      .getByText(/of 360 files/)
      .waitFor();
    await page.getByRole('region', { name: 'Next change' }).waitFor({ state: 'detached' });
    const titles = await page.evaluate(() => Reflect.get(window, 'titles') as string[]);
    expect(titles).not.toContain('The change could not start');
    // Asked for once more under the same key, it is the same start.
    expect([...new Set(keys)]).toEqual([expect.stringMatching(/./)]);
    await jobCard(page).getByRole('button', { name: 'Cancel' }).click();
    await bed.leave(context, /ERR_FAILED/);
  });

  test('D5 double clicks start one change', async () => {
    const url = await bed.serve();
    await visit(url).publish({ 'one.txt': '1', 'two.txt': '2' });
    const context = await bed.visitor();
    const page = await open(context, url, kind);
    const starts: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') starts.push(new URL(request.url()).pathname);
    });
    await page.getByRole('button', { name: 'Remove one.txt' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).dblclick();
    await page.getByText('1 file in version 2').waitFor();
    await goTo(page, 'Versions');
    await page.getByRole('button', { name: 'Make current version 1' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make current' }).dblclick();
    await page.getByText('The content of version 1 again').waitFor();
    await goTo(page, 'Documents');
    await page.getByText('2 files in version 3').waitFor();
    const changes = starts.filter((name) => /change|rollback/.test(name));
    expect(changes).toEqual(['/jobs/documents.change', '/api/versions/1/rollback']);
    await bed.leave(context);
  });

  test('D10 the event log connects again after a proxy has answered with an error', async () => {
    const url = await bed.serve();
    const visitor = visit(url);
    await visitor.publish({ 'one.txt': '1' });
    const [name = '', value = ''] = visitor.cookie.split('=');
    const context = await bed.visitor();
    await context.addCookies([{ name, value, url }]);
    let connections = 0;
    await context.route('**/api/log', (route) => {
      connections += 1;
      return connections < 3
        ? route.fulfill({ status: 502, body: 'Bad gateway' })
        : route.continue();
    });
    const page = await open(context, url, kind, 'activity');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('cell', { name: 'completed' }).waitFor();
    expect(connections).toBe(3);
    await bed.leave(context, /502/);
  });

  test('D10 events of a server that counts anew are shown beside those of the one before', async () => {
    const context = await bed.visitor();
    let lives = 0;
    await context.route('**/api/log', (route) => {
      lives += 1;
      const at = Date.UTC(2026, 4, 1, 12, lives);
      const event = { seq: 1, at, event: 'started', jobId: `job-of-life-${lives}`, phase: null };
      const line = JSON.stringify({ ...event, percent: null, durationMs: null, code: null });
      // What is sent again, such as after a break, is no other event.
      const body = `id: 1\ndata: ${line}\n\n`.repeat(2);
      const headers = { 'content-type': 'text/event-stream' };
      return lives > 2 ? route.abort() : route.fulfill({ headers, body: `retry: 10\n\n${body}` });
    });
    const page = await open(context, await bed.serve(), kind, 'activity');
    await page.getByText('job-of-life-', { exact: false }).nth(1).waitFor();
    expect(await page.getByRole('cell', { name: 'started' }).count()).toBe(2);
    await bed.leave(context, /ERR_FAILED/);
  });

  test('D4 D6 the list is in the order of people, filtered and sorted, and many are removed at once', async ({
    expect,
  }) => {
    const url = await bed.serve();
    await visit(url).publish({
      'note-10.txt': 'Ten, the longest of them all.',
      'note-2.txt': 'Two.',
      'Note-1.md': '# One\n',
      'torn.pdf': '%PDF-1.7\n',
      'torn-2.pdf': '%PDF-1.7\n2',
    });
    const context = await bed.visitor();
    const page = await open(context, url, kind);
    const names = (): Promise<(string | null)[]> =>
      page
        .getByRole('row')
        .locator('bdi')
        .evaluateAll((all) => all.map((one) => one.textContent));
    const tools = page.getByRole('search', { name: 'Filter the list' });
    await page.getByText('5 files in version 1').waitFor();
    await page.getByText(/2\sfiles cannot be searched, 3 can/).waitFor();
    expect(await names()).toEqual([
      'Note-1.md',
      'note-2.txt',
      'note-10.txt',
      'torn-2.pdf',
      'torn.pdf',
    ]);
    await tools.getByLabel('Order').selectOption('Largest first');
    await expect.poll(names).toHaveProperty('0', 'note-10.txt');
    await tools.getByLabel('Filter by name').fill('NOTE txt');
    await page.getByText('2 of 5 files in version 1').waitFor();
    await tools.getByRole('button', { name: 'Show all' }).click();
    await tools.getByLabel('Kind').selectOption('Not searchable (2)');
    await page.getByText('2 of 5 files in version 1').waitFor();
    const reasons = page.getByRole('region', { name: 'Reasons' });
    await reasons.getByRole('button', { name: /^Remove all of this reason/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Remove 2 documents?').waitFor();
    await dialog.getByText('as long as it is among the newest 5').waitFor();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await jobCard(page).getByText('2 documents removed').waitFor();

    await tools.getByRole('button', { name: 'Show all' }).click();
    await page.getByText('3 files in version 2').waitFor();
    await page.getByLabel('Choose note-2.txt').check();
    await page.getByRole('button', { name: 'Choose all 3' }).click();
    await page.getByText('3 chosen').waitFor();
    await page.getByLabel('Choose Note-1.md').uncheck();
    await page.getByRole('button', { name: 'Remove chosen' }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('1 file in version 3').waitFor();
    await page.getByText('3 chosen').waitFor({ state: 'detached' });
    await bed.leave(context);
  });

  test('D2 a file of a known name replaces the document only when that is wanted', async () => {
    const url = await bed.serve();
    await visit(url).publish({ 'call.txt': 'Half past.' });
    const context = await bed.visitor();
    const page = await open(context, url, kind);
    await choose(page, [textFile('call.txt', 'At eight.'), textFile('new.txt')]);
    const names = page.getByRole('region', { name: 'Same names', exact: true });
    await names.getByText('call.txt').waitFor();
    expect(await page.getByRole('region', { name: 'Left over' }).count()).toBe(0);
    // Who goes away and comes back is asked again.
    await page.reload();
    await page.getByRole('button', { name: 'Add now' }).click();
    await names.getByRole('button', { name: 'Leave it as it is' }).click();
    await jobCard(page)
      .getByText(/^1\sdocument added\. /)
      .waitFor();
    await goTo(page, 'Search');
    await page.getByLabel('Words to find').fill('past');
    await inMain(page).getByText('1 passage in version 2').waitFor();
    await bed.leave(context);
  });

  test('D2 a reload in the middle of an upload asks first', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind);
    await page.route('**/api/uploads', () => {});
    await choose(page, [textFile('lost.txt')]);
    await page.getByRole('button', { name: 'Cancel upload' }).waitFor();
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    await page.reload();
    await page.reload();
    expect(asked).toEqual(['beforeunload']);
    await bed.leave(context, /ERR_/);
  });

  test('D4 a passage opens its document where it stands, with the words marked one after the other', async ({
    expect,
  }) => {
    const url = await bed.serve();
    const filler = 'Words that fill the stage from one side to the other. '.repeat(4);
    const lines = Array.from(
      { length: 60 },
      (_, n) => `Line ${n}${n % 25 === 7 ? ' lantern' : ''}. ${filler}`,
    );
    await visit(url).publish({
      'long.txt': `${lines.join('\n\n')}\n<script>alert(1)</script>\n`,
    });
    const context = await bed.visitor();
    const page = await open(context, url, kind, 'search?q=lantern');
    await page.getByRole('list', { name: 'Passages' }).getByRole('link').first().click();
    await page.getByText('1 of 3 places').waitFor();
    await expect.poll(() => isInView(page, 'mark >> nth=0')).toBe(true);
    await page.getByRole('button', { name: 'Previous' }).click();
    await page.getByText('3 of 3 places').waitFor();
    await expect.poll(() => isInView(page, 'mark >> nth=2')).toBe(true);
    expect(await isInView(page, 'mark >> nth=0')).toBe(false);
    expect(await page.getByRole('article').locator('script').count()).toBe(0);
    const original = await page.getByRole('link', { name: 'Open the file' }).getAttribute('href');
    const answer = await context.request.get(`${url}${original}`);
    expect(answer.headers()['content-security-policy']).toMatch(/^sandbox/);
    await page.getByRole('link', { name: 'Back to the search' }).click();
    expect(await page.getByLabel('Words to find').inputValue()).toBe('lantern');
    await bed.leave(context);
  });

  test('D2 the title of the tab says how far a change is, and a notification comes only when asked for', async ({
    expect,
  }) => {
    const context = await bed.visitor();
    await context.addInitScript(() => {
      const asked: string[] = [];
      Reflect.set(window, 'asked', asked);
      Reflect.set(
        window,
        'Notification',
        Object.assign((title: string) => ({ title }), {
          permission: 'default',
          requestPermission: () => {
            asked.push('permission');
            return Promise.resolve('granted');
          },
        }),
      );
    });
    const page = await open(context, await bed.serve(), kind);
    await choose(page, [textFile('slow-act.txt')]);
    await expect.poll(() => page.title()).toMatch(/^\d+ % · Documents · Offstage$/);
    await goTo(page, 'Search');
    await expect.poll(() => page.title()).toMatch(/^\d+ % · Search · Offstage$/);
    await goTo(page, 'Documents');
    await jobCard(page)
      .getByText(/^About .* left, .*\sfiles a second$/)
      .waitFor();
    expect(await page.evaluate(() => Reflect.get(window, 'asked'))).toEqual([]);
    await jobCard(page).getByRole('button', { name: 'Tell me when it is done' }).click();
    await jobCard(page).getByText('You are told when it is done.').waitFor();
    expect(await page.evaluate(() => Reflect.get(window, 'asked'))).toEqual(['permission']);
    await jobCard(page).getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => page.title()).toBe('Documents · Offstage');
    await bed.leave(context);
  });

  test('D8 an address that is no page says so', async () => {
    const context = await bed.visitor();
    const page = await open(context, await bed.serve(), kind, 'nonsense');
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    await inMain(page).getByRole('link', { name: 'Versions' }).click();
    await page.getByRole('heading', { level: 1, name: 'Versions' }).waitFor();
    await bed.leave(context);
  });

  test('D12 a browser that keeps no cookies is told so, and nothing is sent for nothing', async () => {
    const context = await bed.visitor();
    // As the server sees each of its requests.
    await rewrite<CorpusView>(context, '**/api/corpus', (corpus) => ({
      ...corpus,
      session: 'new',
    }));
    const page = await open(context, await bed.serve(), kind);
    await page.getByRole('region', { name: 'Cookies' }).waitFor();
    await choose(page, [textFile('a.txt')]);
    await notTaken(page)
      .getByText(/keeps none for it/)
      .waitFor();
    await bed.leave(context);
  });
});

const isInView = async (page: Page, selector: string): Promise<boolean> => {
  const box = await page.locator(selector).boundingBox();
  return box !== null && box.y >= 0 && box.y < 900;
};

interface Tree {
  readonly [name: string]: string | Error | Tree;
}

/**
 * Drops folders as a browser gives them; an error's message is the name of what reading the entry fails
 * with. A folder of the name `held` is listed once the page's `letGo` was called.
 */
function dropTree(page: Page, tree: Tree, { held = '' } = {}): Promise<void> {
  const wire = JSON.parse(
    JSON.stringify(tree, (_, value) => (value instanceof Error ? { error: value.message } : value)),
  );
  return page.evaluate(
    ([root, heldName]) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      Reflect.set(window, 'letGo', resolve);
      type Wire = { readonly [name: string]: Wire | string };
      const entryOf = (name: string, below: Wire | string, above: string): object => {
        const fullPath = `${above}/${name}`;
        const error = typeof below === 'object' && typeof below.error === 'string';
        const fail = (tell: (error: unknown) => void): void =>
          tell(new DOMException('', String(Reflect.get(Object(below), 'error'))));
        if (typeof below === 'string' || (error && name.includes('.'))) {
          const file = (take: (file: File) => void, refuse: (error: unknown) => void): void =>
            error ? fail(refuse) : take(new File([String(below)], name));
          return { isFile: true, isDirectory: false, name, fullPath, file };
        }
        let isRead = false;
        const readEntries = async (
          take: (entries: object[]) => void,
          refuse: (error: unknown) => void,
        ): Promise<void> => {
          if (error) return fail(refuse);
          if (name === heldName) await promise;
          const children = Object.entries(below);
          take(isRead ? [] : children.map(([inner, content]) => entryOf(inner, content, fullPath)));
          isRead = true;
        };
        const createReader = () => ({ readEntries });
        return { isFile: false, isDirectory: true, name, fullPath, createReader };
      };
      const items = Object.entries(root as Wire).map(([name, below]) => ({
        kind: 'file',
        webkitGetAsEntry: () => entryOf(name, below, ''),
        getAsFile: () => null,
      }));
      const event = new DragEvent('drop', { bubbles: true, cancelable: true });
      const dataTransfer = { types: ['Files'], items, files: [] };
      Object.defineProperty(event, 'dataTransfer', { value: dataTransfer });
      document.body.dispatchEvent(event);
    },
    [wire, held] as const,
  );
}
