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
import { quantile } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import type { FrameReport } from './page.ts';

const rows = 200;
const eventsPerSecond = 10_000;
const frames = 600;

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

async function watch(browser: Browser, url: string, id: string): Promise<FrameReport> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction('typeof mount === "function"');
  await page.evaluate(`mount(${JSON.stringify(id)}, ${rows})`);
  // The first second warms up.
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
    try {
      const client = jobs.forOwner('alice');
      const quiet = await client.start(noisy, { perSecond: 0.001 });
      const rest = await watch(browser, url, quiet.id);
      await client.cancel(quiet.id);
      const { id } = await client.start(noisy, { perSecond: eventsPerSecond });
      const flood = await watch(browser, url, id);
      return toRows(flood, rest);
    } finally {
      await browser.close();
      await jobs.shutdown();
      server.closeAllConnections();
      server.close();
    }
  },
};

function toRows(flood: FrameReport, rest: FrameReport): readonly Row[] {
  const ms = (values: readonly number[], share: number): number => quantile(values, share);
  const frame = ms(flood.intervals, 0.99);
  const frameAtRest = ms(rest.intervals, 0.99);
  return [
    {
      measure: 'most renders of one component between two frames',
      ours: `${flood.mostRendersInAFrame} (${(flood.renders / rows / flood.frames).toFixed(2)} on average)`,
      peer: `${rest.mostRendersInAFrame} at rest`,
      ratio: null,
      target: 'at most 1',
      pass: flood.mostRendersInAFrame <= 1 && flood.renders > 0,
    },
    {
      measure: 'frame interval, p99',
      ours: `${frame.toFixed(2)} ms`,
      peer: `${frameAtRest.toFixed(2)} ms at rest`,
      ratio: frame / frameAtRest,
      target: 'under 17 ms',
      pass: frame < 17,
    },
    {
      measure: 'work in a frame, p50 and p99',
      ours: `${ms(flood.work, 0.5).toFixed(2)} and ${ms(flood.work, 0.99).toFixed(2)} ms`,
      peer: `${ms(rest.work, 0.5).toFixed(2)} and ${ms(rest.work, 0.99).toFixed(2)} ms at rest`,
      ratio: null,
      target: 'p99 under 16.7 ms',
      pass: ms(flood.work, 0.99) < 16.7,
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
