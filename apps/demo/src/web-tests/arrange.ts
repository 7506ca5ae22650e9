import type { BrowserContext, Page, Route } from 'playwright-core';
import type { CorpusView, DocumentView } from '../web/api.ts';

/** Sends no faster than that from now on. */
export async function slowDown(page: Page, bytesPerSecond: number): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  });
}

/** Changes what the server answers, on its way to the page. */
export async function rewrite<T>(
  context: BrowserContext,
  url: string,
  change: (answer: T) => unknown,
): Promise<void> {
  await context.route(url, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: change(await response.json()) });
  });
}

type Wire = Readonly<Record<string, unknown>>;

/** Changes jobs as the page sees them, in every answer that has some. */
export async function rewriteJobs(
  context: BrowserContext,
  change: (job: Wire) => Wire,
): Promise<void> {
  const onJobs = async (route: Route): Promise<void> => {
    const response = await route.fetch();
    const text = await response.text();
    const json: unknown = JSON.parse(text, (key, value) => {
      if (key === 'events') return [];
      return typeof value?.status === 'string' && 'phases' in value ? change(value) : value;
    });
    await route.fulfill({ response, json });
  };
  await context.route(/\/jobs(\?|$|\/poll|\/documents\.change)/, onJobs);
  await context.route(/\/jobs\/events/, (route) => route.fulfill({ status: 503 }));
}

/** A version of ten thousand documents. */
export async function tenThousand(context: BrowserContext): Promise<void> {
  const total = 10_000;
  await rewrite<CorpusView>(context, '**/api/corpus', (corpus) => ({
    ...corpus,
    current: corpus.current && { ...corpus.current, documents: total },
  }));
  await context.route('**/api/documents?*', (route) => {
    const query = new URL(route.request().url()).searchParams;
    const offset = Number(query.get('offset'));
    const limit = Number(query.get('limit'));
    const documents = Array.from({ length: Math.min(limit, total - offset) }, (_, index) =>
      documentAt(offset + index),
    );
    return route.fulfill({
      json: {
        version: query.get('version'),
        total,
        documents,
        kinds: [{ kind: 'text/plain', count: total }],
        partly: 0,
        reasons: [],
      },
    });
  });
}

const documentAt = (row: number): DocumentView => ({
  id: `d${row}`,
  name: `season/scene-${String(row).padStart(5, '0')}.${row % 3 === 0 ? 'pdf' : 'txt'}`,
  mediaType: row % 3 === 0 ? 'application/pdf' : 'text/plain',
  bytes: 1000 + ((row * 7919) % 900_000),
  sha256: (row * 2654435761).toString(16).padStart(64, '9e3b'),
  passages: 1 + (row % 40),
  outcome: row % 51 === 6 ? 'failed' : 'indexed',
  problem:
    row % 51 === 6 ? { code: 'no_text', message: 'This PDF has no text: it may be a scan' } : null,
  notes: row % 51 === 9 ? ['2 of its 40 pages have no text; OCR is not part of it.'] : [],
  canRetry: row % 51 === 6,
  addedAt: Date.UTC(2026, 4, 1 + (row % 28)),
});
