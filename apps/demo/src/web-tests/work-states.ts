import type { CorpusView, DocumentsPage, DocumentText } from '../web/api.ts';
import { choose, inMain, jobCard, textFile } from './actions.ts';
import { rewrite, rewriteJobs } from './arrange.ts';
import { open } from './bed.ts';
import type { State } from './state.ts';

const left = [
  '3 of its 12 pages have no text; OCR is not part of it.',
  'What is attached to it was left out, but for the names.',
];
const lastFailure = {
  ...{ code: 'interrupted', message: 'The process that ran the job ended.', reference: 'r' },
};

/** What takes long, is done again, or was done in part; and the settings. */
export const workStates: readonly State[] = [
  {
    name: 'documents-second-attempt',
    complaint: /503/,
    arrange: async ({ context, own, kind }) => {
      const message = '41 of 360 files; 9 s so far at season/Programme of the whole season (2).pdf';
      await rewriteJobs(context, (job) =>
        job.status === 'running'
          ? {
              ...job,
              ...{ attempt: 2, maxAttempts: 3, lastFailure },
              progress: { ...{ seq: 9, at: 0, phase: 'parse', percent: 11, attempt: 2 }, message },
            }
          : job,
      );
      const page = await open(context, await own(), kind);
      await choose(page, [textFile('slow-act.txt')]);
      await jobCard(page).getByText('Second attempt, going on after an interruption').waitFor();
      await jobCard(page).getByText('takes long: 9').waitFor();
      return page;
    },
  },
  {
    name: 'documents-again-soon',
    complaint: /503/,
    arrange: async ({ context, own, kind }) => {
      const availableAt = Date.now() + 600_000;
      await rewriteJobs(context, (job) =>
        job.status === 'running'
          ? {
              ...job,
              ...{ status: 'queued', attempt: 2, maxAttempts: 2, availableAt },
              lastFailure: {
                ...lastFailure,
                code: 'locked',
                message: 'The data folder is in use.',
              },
            }
          : job,
      );
      const page = await open(context, await own(), kind);
      await choose(page, [textFile('slow-act.txt')]);
      await jobCard(page)
        .getByText(/^Second attempt, again in 9/)
        .waitFor();
      return page;
    },
  },
  {
    name: 'documents-read-in-part',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite<DocumentsPage>(context, '**/api/documents?*', (answer) => ({
        ...answer,
        partly: 2,
        documents: answer.documents.map((document, row) => ({
          ...document,
          notes: row % 5 === 1 ? left : document.notes,
        })),
      }));
      const page = await open(context, fullUrl, kind);
      await page.getByText('Read in part', { exact: true }).first().waitFor();
      return page;
    },
  },
  {
    name: 'document-read-in-part',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite<DocumentText>(context, '**/api/documents/text?*', (text) => ({
        ...text,
        notes: left,
      }));
      const page = await open(context, fullUrl, kind, 'search?q=lamp');
      await inMain(page).getByRole('list').getByRole('link').first().click();
      await page.getByText('This document was read in part').waitFor();
      return page;
    },
  },
  {
    name: 'settings',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite<CorpusView>(context, '**/api/corpus', (corpus) => ({
        ...corpus,
        stale: {
          ...{ settingsChanged: true, outdated: 0, canIndexAgain: true, pending: 0 },
          message: 'The settings were changed since this version was made.',
        },
      }));
      const page = await open(context, fullUrl, kind, 'settings');
      await page.getByLabel('Length of passages').waitFor();
      await page.getByText('The index is stale').waitFor();
      return page;
    },
  },
];
