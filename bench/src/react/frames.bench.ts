import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { defineJob, handle, InlineExecutor, JobManager } from '@offstage/core';
import { createJobsHandler } from '@offstage/http';
import { toNodeListener } from '@offstage/http/node';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright-core';
import { z } from 'zod';
import { chromiumArguments, findChromium } from '../../../scripts/chromium.mjs';
import { median, pairedRatio, quantile } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import type { FrameReport } from './page.ts';

const rows = 200;
const eventsPerSecond = 10_000;
const frames = 300;
const rounds = 4;

const noisy = defineJob({
  name: 'bench.noisy',
  input: z.object({ perSecond: z.number() }),
  result: z.null(),
  phases: ['work'],
});

/** Reports that many events a second, as evenly as timers allow, until it is canceled. */
const makeNoise = handle(noisy, async ({ input, signal, report }) => {
  report({ phase: 'work' });
  const startedAt = performance.now();
  for (let sent = 0; ; ) {
    signal.throwIfAborted();
    const due = ((performance.now() - startedAt) / 1000) * input.perSecond;
    for (; sent < due; sent++) {
      report({ phase: 'work', percent: sent % 100, message: `Event ${sent}` });
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

/** The page in production form, and the jobs, at one loopback port. */
async function serve(jobs: JobManager) {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, 'page.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@offstage/source'],
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const handleJobs = toNodeListener(
    createJobsHandler({ definitions: [noisy], clientFor: () => jobs.forOwner('alice') }),
  );
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/jobs')) handleJobs(request, response);
    else if (request.url === '/page.js') {
      response.setHeader('content-type', 'text/javascript').end(outputFiles[0]?.contents);
    } else {
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><script type="module" src="/page.js"></script>');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** What a page draws after `mount`, once it is warm. */
async function watch(browser: Browser, url: string, mount: string): Promise<FrameReport> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction('typeof mount === "function"');
  await page.evaluate(mount);
  await page.evaluate('record(60)');
  const report = await page.evaluate<FrameReport>(`record(${frames})`);
  await page.close();
  return report;
}

export const reactFrames: Bench = {
  name: 'React: 200 hooks on a job of 10,000 events a second, through a stream in Chromium',
  async run() {
    const executablePath = findChromium();
    if (executablePath === undefined) return [notMeasured];
    const jobs = new JobManager({ executor: new InlineExecutor([makeNoise]) });
    const { server, url } = await serve(jobs);
    const browser = await chromium.launch({ executablePath, args: chromiumArguments });
    const client = jobs.forOwner('alice');
    const ours: FrameReport[] = [];
    const plain: FrameReport[] = [];
    try {
      for (let round = 0; round < rounds; round++) {
        const { id } = await client.start(noisy, { perSecond: eventsPerSecond });
        ours.push(await watch(browser, url, `mount(${JSON.stringify(id)}, ${rows})`));
        // The noise goes on, so that the server takes as much of the machine from both.
        plain.push(await watch(browser, url, `mountPlain(${eventsPerSecond}, ${rows})`));
        await client.cancel(id);
        await client.wait(id);
      }
      return toRows(ours, plain);
    } finally {
      await browser.close();
      await jobs.shutdown();
      server.closeAllConnections();
      server.close();
    }
  },
};

function toRows(ours: readonly FrameReport[], plain: readonly FrameReport[]): readonly Row[] {
  const most = Math.max(...ours.map(({ mostRendersInAFrame }) => mostRendersInAFrame));
  const perFrame = median(ours.map(({ renders }) => renders / rows / frames));
  const p99 = (reports: readonly FrameReport[], of: 'intervals' | 'work'): number[] =>
    reports.map((report) => quantile(report[of], 0.99));
  const intervals = p99(ours, 'intervals');
  const plainIntervals = p99(plain, 'intervals');
  const work = p99(ours, 'work');
  const plainWork = p99(plain, 'work');
  return [
    {
      measure: 'most renders of one hook between two frames',
      ours: `${most} (${perFrame.toFixed(2)} a frame)`,
      peer: '',
      ratio: null,
      target: 'at most 1',
      pass: most === 1,
    },
    {
      measure: 'frame interval, p99, against the same rows in React alone',
      ours: `${median(intervals).toFixed(1)} ms`,
      peer: `${median(plainIntervals).toFixed(1)} ms`,
      ratio: pairedRatio(intervals, plainIntervals),
      target: 'under 17 ms',
      pass: median(intervals) < 17,
    },
    {
      measure: 'work in a frame, p99, against the same rows in React alone',
      ours: `${median(work).toFixed(1)} ms`,
      peer: `${median(plainWork).toFixed(1)} ms`,
      ratio: pairedRatio(work, plainWork),
      target: 'under 17 ms',
      pass: median(work) < 17,
    },
  ];
}

const notMeasured: Row = {
  measure: 'frames of 200 hooks',
  ours: 'no Chromium',
  peer: '',
  ratio: null,
  target: 'under 17 ms',
  pass: null,
};

await runAlone(import.meta, reactFrames);
