import type { BrowserContext } from 'playwright-core';
import { visit } from '../testing/visitor.ts';
import type { CorpusView, DocumentsPage } from '../web/api.ts';
import { choose, corpusFiles, jobCard, publish, textFile } from './actions.ts';
import { rewrite, rewriteJobs, slowDown, tenThousand } from './arrange.ts';
import { open } from './bed.ts';
import { oddNames } from './odd-names.ts';
import { searchStates } from './search-states.ts';
import type { State } from './state.ts';
import { workStates } from './work-states.ts';

/** Every state that the pages are designed for (issue 5). */
export const states: readonly State[] = [
  {
    name: 'documents-empty',
    arrange: async ({ context, emptyUrl, kind }) => {
      const page = await open(context, emptyUrl, kind);
      await page.getByText('The stage is empty').waitFor();
      return page;
    },
  },
  {
    name: 'documents-listed',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.getByTitle('quick-change.docx').waitFor();
      return page;
    },
  },
  {
    name: 'documents-drop',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.getByTitle('quick-change.docx').waitFor();
      await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(['text'], 'a.txt'));
        document.body.dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true }));
      });
      await page.getByText('Let go to add them').waitFor();
      return page;
    },
  },
  {
    name: 'documents-uploading',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      // So slowly that it never ends in a change.
      await slowDown(page, 150_000);
      await choose(
        page,
        Array.from({ length: 120 }, (_, n) => textFile(`act-${n}.txt`, filler)),
      );
      await page.getByText(/[1-9]\d*\skB of/).waitFor();
      return page;
    },
  },
  {
    name: 'documents-upload-stopped',
    complaint: /Failed to load resource|ERR_FAILED/,
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.route('**/api/uploads', (route) => route.abort());
      await choose(page, [textFile('one.txt'), textFile('two.txt')]);
      await page.getByText('Upload stopped').first().waitFor();
      return page;
    },
  },
  {
    name: 'documents-refused',
    complaint: /status of 4/,
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await choose(page, [
        textFile('con.txt'),
        textFile(`${'an-endless-name-'.repeat(17)}.txt`),
        { ...textFile('whole-season.txt'), buffer: Buffer.alloc(3_000_000, 'a') },
      ]);
      await page.getByText('3 files not taken').waitFor();
      return page;
    },
  },
  {
    name: 'documents-queued',
    complaint: /503/,
    arrange: async ({ context, own, kind }) => {
      await rewriteJobs(context, (job) => ({
        ...job,
        status: job.status === 'running' ? 'queued' : job.status,
        progress: null,
        startedAt: null,
      }));
      const page = await open(context, await own(), kind);
      await choose(page, [textFile('slow-act.txt')]);
      await jobCard(page).getByText('Queued behind another job').waitFor();
      return page;
    },
  },
  {
    name: 'documents-running',
    arrange: async ({ context, own, kind }) => {
      const page = await open(context, await own(), kind);
      await choose(page, [textFile('slow-act.txt')]);
      await jobCard(page).getByText('Read the text').waitFor();
      await jobCard(page)
        .getByText(/of 360 files/)
        .waitFor();
      return page;
    },
  },
  {
    name: 'documents-canceling',
    arrange: async ({ context, own, kind }) => {
      const page = await open(context, await own(), kind);
      await choose(page, [textFile('stuck-act.txt')]);
      await jobCard(page)
        .getByText(/of 360 files/)
        .waitFor();
      await jobCard(page).getByRole('button', { name: 'Cancel' }).click();
      await jobCard(page).getByText('It stops at the next safe place').waitFor();
      return page;
    },
  },
  {
    name: 'documents-canceled',
    arrange: async ({ context, own, kind }) => {
      const page = await open(context, await own(), kind);
      await choose(page, [textFile('slow-act.txt')]);
      await jobCard(page).getByRole('button', { name: 'Cancel' }).click();
      await jobCard(page).getByText('Canceled, nothing was published').waitFor();
      await page.getByRole('button', { name: 'Start again' }).waitFor();
      return page;
    },
  },
  {
    name: 'documents-failed',
    arrange: async ({ context, own, kind }) => {
      const page = await open(context, await own(), kind);
      await choose(page, [textFile('fail-act.txt')]);
      await jobCard(page).getByText('Failed, nothing was published').waitFor();
      return page;
    },
  },
  {
    name: 'documents-partly-failed',
    arrange: async ({ context, own, kind }) => {
      const page = await open(context, await own(), kind);
      const torn = corpusFiles().filter(({ name }) => name === 'torn-programme.pdf');
      const bytes = Buffer.concat([...torn.map(({ buffer }) => buffer), Buffer.from(unique())]);
      await publish(page, [
        ...torn.map((file) => ({ ...file, buffer: bytes })),
        textFile('prologue.txt', unique()),
        textFile('epilogue.txt', unique()),
      ]);
      return page;
    },
  },
  {
    name: 'documents-succeeded',
    arrange: async ({ context, own, kind }) => {
      const page = await open(context, await own(), kind);
      await publish(page, [textFile('entr-acte.txt', unique())]);
      return page;
    },
  },
  {
    name: 'documents-stale',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite<CorpusView>(context, '**/api/corpus', (corpus) => ({
        ...corpus,
        stale: {
          settingsChanged: true,
          outdated: 0,
          canIndexAgain: true,
          pending: 0,
          message: 'The settings were changed since this version was made.',
        },
      }));
      const page = await open(context, fullUrl, kind);
      await page.getByText('The index is stale').waitFor();
      return page;
    },
  },
  {
    name: 'documents-interrupted',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite(context, '**/api/interruptions', () => [
        {
          jobId: 'a',
          at: Date.UTC(2026, 4, 3, 19, 30),
          what: 'Adding 12 documents',
          isAtWork: true,
        },
      ]);
      const page = await open(context, fullUrl, kind);
      await page.getByText(/was interrupted by a restart/).waitFor();
      return page;
    },
  },
  {
    name: 'documents-offline',
    complaint: /ERR_INTERNET_DISCONNECTED/,
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.getByTitle('quick-change.docx').waitFor();
      await context.setOffline(true);
      await page.getByText('You are offline').waitFor();
      return page;
    },
  },
  {
    name: 'documents-unreachable',
    complaint: /ERR_FAILED|Failed to load/,
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.getByTitle('quick-change.docx').waitFor();
      await context.route(/\/(api|jobs)(\/|$)/, (route) => route.abort());
      await page.getByText('The server does not answer').waitFor();
      return page;
    },
  },
  {
    name: 'documents-waiting-for-another',
    complaint: /409/,
    arrange: async ({ context, own, kind }) => {
      const url = await own();
      const other = visit(url);
      await other.start(await other.upload({ 'slow-act.txt': 'Theirs.\n' }));
      const page = await open(context, url, kind);
      await choose(page, [textFile('late.txt')]);
      await page.getByText('Waiting for its turn').waitFor();
      return page;
    },
  },
  {
    name: 'documents-in-use',
    arrange: async ({ context, fullUrl, kind }) => {
      await somebodyAtWork(context);
      const page = await open(context, fullUrl, kind);
      await page.getByText('In use elsewhere').waitFor();
      await page.getByTitle('quick-change.docx').waitFor();
      return page;
    },
  },
  {
    name: 'documents-nothing-new',
    arrange: async ({ context, own, kind }) => {
      const page = await open(context, await own(), kind);
      const known = corpusFiles().filter(({ name }) => /^(limelight|quick-change)/.test(name));
      await choose(page, known);
      await jobCard(page).getByText('Nothing to publish').waitFor();
      return page;
    },
  },
  {
    name: 'documents-odd-names',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite<DocumentsPage>(context, '**/api/documents?*', (answer) => ({
        ...answer,
        documents: answer.documents.map((document, row) => ({
          ...document,
          name: oddNames[row] ?? document.name,
        })),
      }));
      const page = await open(context, fullUrl, kind);
      await page.getByTitle(oddNames[0] ?? '').waitFor();
      return page;
    },
  },
  {
    name: 'documents-not-loaded',
    complaint: /status of 500/,
    arrange: async ({ context, fullUrl, kind }) => {
      await context.route('**/api/documents?*', (route) =>
        route.fulfill({ status: 500, json: { code: 'internal', title: 'The list was not read.' } }),
      );
      const page = await open(context, fullUrl, kind);
      await page.getByText('The list was not read.').waitFor();
      return page;
    },
  },
  {
    name: 'documents-left-over',
    arrange: async ({ context, fullUrl, kind }) => {
      await context.request.post(`${fullUrl}/api/uploads`, {
        multipart: { files: textFile('left.txt') },
      });
      const page = await open(context, fullUrl, kind);
      await page.getByText('1 uploaded file not added yet').waitFor();
      return page;
    },
  },
  {
    name: 'documents-ten-thousand',
    arrange: async ({ context, fullUrl, kind }) => {
      await tenThousand(context);
      const page = await open(context, fullUrl, kind);
      await page.getByText('10,000 files in version').waitFor();
      await page.getByTitle('season/scene-00003.pdf').waitFor();
      return page;
    },
  },
  {
    name: 'documents-not-taken',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await choose(page, [textFile('~$lock.docx'), textFile('desktop.ini')]);
      await page.getByText('2 entries passed over').waitFor();
      return page;
    },
  },
  {
    name: 'documents-same-names',
    arrange: async ({ context, own, kind }) => {
      const page = await open(context, await own(), kind);
      await choose(page, [textFile('curtain-call.txt', unique()), textFile('new.txt', unique())]);
      await page.getByText('A document of this name is there already').waitFor();
      return page;
    },
  },
  {
    name: 'documents-not-searchable',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.getByLabel('Kind').selectOption('failed');
      await page.getByRole('region', { name: 'Reasons' }).waitFor();
      await page.getByText('1 of 13 files').waitFor();
      return page;
    },
  },
  {
    name: 'documents-chosen',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.getByLabel('Choose quick-change.docx').check();
      await page.getByText('1 chosen').waitFor();
      return page;
    },
  },
  {
    name: 'documents-none-like-that',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.getByLabel('Filter by name').fill('xylophone');
      await page.getByText('No document of this version is like that').waitFor();
      return page;
    },
  },
  {
    name: 'documents-no-cookies',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite<CorpusView>(context, '**/api/corpus', (corpus) => ({
        ...corpus,
        session: 'new',
      }));
      const page = await open(context, fullUrl, kind);
      await page.getByText('Cookies are needed').waitFor();
      await page.getByTitle('quick-change.docx').waitFor();
      return page;
    },
  },
  {
    name: 'not-found',
    arrange: ({ context, fullUrl, kind }) => open(context, fullUrl, kind, 'nonsense'),
  },
  {
    name: 'documents-remove',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind);
      await page.getByRole('button', { name: 'Remove quick-change.docx' }).click();
      await page.getByRole('dialog').waitFor();
      return page;
    },
  },
  ...workStates,
  ...searchStates,
  {
    name: 'versions-none',
    arrange: async ({ context, emptyUrl, kind }) => {
      const page = await open(context, emptyUrl, kind, 'versions');
      await page.getByText('No version yet').waitFor();
      return page;
    },
  },
  {
    name: 'versions-listed',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind, 'versions');
      await page.getByText('Current', { exact: true }).waitFor();
      return page;
    },
  },
  {
    name: 'versions-confirm',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind, 'versions');
      await page
        .getByRole('button', { name: /^Make current/ })
        .first()
        .click();
      await page.getByRole('dialog').waitFor();
      return page;
    },
  },
  {
    name: 'versions-in-use',
    arrange: async ({ context, fullUrl, kind }) => {
      await somebodyAtWork(context);
      const page = await open(context, fullUrl, kind, 'versions');
      await page.getByText('Somebody else is changing the documents').waitFor();
      await page.getByRole('button', { name: 'Make current version 1', disabled: true }).waitFor();
      await page.getByText('Current', { exact: true }).waitFor();
      return page;
    },
  },
  {
    name: 'activity-none',
    arrange: async ({ context, emptyUrl, kind }) => {
      const page = await open(context, emptyUrl, kind, 'activity');
      await page.getByText('No jobs').waitFor();
      return page;
    },
  },
  {
    name: 'activity-at-work',
    arrange: async ({ context, own, kind }) => {
      const url = await own();
      const visitor = visit(url);
      await visitor.publish({ 'fail-act.txt': 'Fails.\n' });
      await visitor.publish({ 'interlude.txt': unique() });
      await visitor.start(await visitor.upload({ 'slow-act.txt': 'Goes on.\n' }));
      const [name = '', value = ''] = visitor.cookie.split('=');
      await context.addCookies([{ name, value, url }]);
      const page = await open(context, url, kind, 'activity');
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByRole('cell', { name: 'progress' }).first().waitFor();
      return page;
    },
  },
];

const filler = 'The curtain falls, and rises again. '.repeat(1000);
const unique = (): string => `Said but once: ${crypto.randomUUID()}.\n`;

/** Another session has a change at work; no more is known of it. */
const somebodyAtWork = (context: BrowserContext): Promise<void> =>
  rewrite<CorpusView>(context, '**/api/corpus', (corpus) => ({
    ...corpus,
    busy: {
      mine: false,
      jobId: null,
      since: Date.now() - 95_000,
      message: 'Somebody else is changing the documents. Wait until that has ended.',
    },
  }));
