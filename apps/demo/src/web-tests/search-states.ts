import type { SearchAnswer } from '../web/api.ts';
import { inMain } from './actions.ts';
import { rewrite } from './arrange.ts';
import { open } from './bed.ts';
import { oddNames } from './odd-names.ts';
import type { State } from './state.ts';

/** Of the page of search, and of a document that is opened from there. */
export const searchStates: readonly State[] = [
  {
    name: 'search-before-anything',
    arrange: async ({ context, emptyUrl, kind }) => {
      const page = await open(context, emptyUrl, kind, 'search');
      await page.getByText('Nothing to search yet').waitFor();
      return page;
    },
  },
  {
    name: 'search-ready',
    arrange: ({ context, fullUrl, kind }) => open(context, fullUrl, kind, 'search'),
  },
  {
    name: 'search-found',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind, 'search');
      await page.getByLabel('Words to find').fill('stage manager');
      await page.locator('mark').first().waitFor();
      return page;
    },
  },
  {
    name: 'search-none',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind, 'search');
      await page.getByLabel('Words to find').fill('xylophone');
      await page.getByText('No passage found').waitFor();
      return page;
    },
  },
  {
    name: 'search-pages',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite<SearchAnswer>(context, '**/api/search?*', manyFound);
      const page = await open(context, fullUrl, kind, 'search?q=stage&page=3');
      await inMain(page).getByText('21 to 30 of 84 documents, 131 passages').waitFor();
      return page;
    },
  },
  {
    name: 'search-near',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind, 'search?q=stage+mannager');
      await page.getByText('Did you mean').waitFor();
      return page;
    },
  },
  {
    name: 'search-none-of-that-kind',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind, 'search?q=stage&kind=mail&folder=season');
      await page.getByText('Search everywhere').waitFor();
      return page;
    },
  },
  {
    name: 'search-odd-texts',
    arrange: async ({ context, fullUrl, kind }) => {
      await rewrite<SearchAnswer>(context, '**/api/search?*', oddlyFound);
      const page = await open(context, fullUrl, kind, 'search?q=stage');
      await page.locator('mark').first().waitFor();
      return page;
    },
  },
  {
    name: 'search-busy',
    complaint: /status of 503/,
    arrange: async ({ context, fullUrl, kind }) => {
      await context.route('**/api/search?*', (route) =>
        route.fulfill({ status: 503, json: { code: 'search_busy', title: 'Busy' } }),
      );
      const page = await open(context, fullUrl, kind, 'search?q=stage');
      await page.getByText('Many searches are at work just now').waitFor();
      return page;
    },
  },
  {
    name: 'search-failed',
    complaint: /status of 503/,
    arrange: async ({ context, fullUrl, kind }) => {
      await context.route('**/api/search?*', (route) =>
        route.fulfill({
          status: 503,
          json: { code: 'unavailable', title: 'Search is not there just now.' },
        }),
      );
      const page = await open(context, fullUrl, kind, 'search');
      await page.getByLabel('Words to find').fill('stage');
      await page.getByText('Search is not there just now.').waitFor();
      return page;
    },
  },
  {
    name: 'document-open',
    arrange: async ({ context, fullUrl, kind }) => {
      const page = await open(context, fullUrl, kind, 'search?q=stage');
      await page.getByRole('list', { name: 'Passages' }).getByRole('link').first().click();
      await page.getByText(/^1 of \d+ places?/).waitFor();
      return page;
    },
  },
];

/** The third page of a longer answer; the server's own has no third page. */
const manyFound = (answer: SearchAnswer): SearchAnswer => ({
  ...answer,
  documents: Array.from({ length: 10 }, (_, n) => ({
    ...nothingFound,
    ...{ documentId: `d${n}`, name: `scene-${n}.txt`, title: `Scene ${n}`, passages: 5 },
    hits: [
      {
        ...{ passage: n, heading: 'Places', score: 1 },
        snippet: [
          { text: 'Everybody waits on ', match: false },
          { text: 'stage', match: true },
        ],
      },
    ],
  })),
  total: { documents: 84, passages: 131 },
  ...{ page: 3, pages: 9 },
});

const oddlyFound = (answer: SearchAnswer): SearchAnswer => ({
  ...answer,
  documents: oddNames.map((name, n) => ({
    ...nothingFound,
    ...{ documentId: `d${n}`, name, title: name },
    hits: [
      {
        ...{ passage: n, heading: name, score: 1 },
        snippet: [
          { text: `${name} `, match: false },
          { text: name, match: true },
        ],
      },
    ],
  })),
});

const nothingFound = {
  ...{ documentId: '', name: '', title: '', mediaType: 'text/plain', kind: 'text' },
  ...{ passages: 1, hits: [] },
};
