import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeMixedDocuments } from '@offstage/demo/testing/mixed-documents.ts';
import type { Visitor } from '@offstage/demo/testing/visitor.ts';
import { median, quantile } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { startDocuments } from './server-process.ts';

const files = 1000;
const rounds = 5;
const gapMs = 5;
const cancels = 10;

/** Searches and polls by turns, with a little time in between, until it is told to stop. */
async function request(visitor: Visitor, job: string, isOver: () => boolean): Promise<number[]> {
  const took: number[] = [];
  for (let turn = 0; !isOver(); turn += 1) {
    const startedAt = performance.now();
    if (turn % 2 === 0) await visitor.api.search(`curtain word${turn % 50}`);
    else await visitor.jobs.poll(job, { after: 0, limit: 10 });
    took.push(performance.now() - startedAt);
    visitor.answers.length = 0;
    await sleep(gapMs);
  }
  return took;
}

async function run(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));
  try {
    const folder = path.join(scratch, 'documents');
    const names = await writeMixedDocuments(folder, files);
    await using server = await startDocuments(path.join(scratch, 'data'));
    const { visitor } = server;
    const stage = async (from: number, count: number, mark: string): Promise<string[]> => {
      const some = names.slice(from, from + count).map((name) => [
        `${mark}-${name}`,
        // Each round has contents of its own, or all would be duplicates.
        Buffer.concat([readFileSync(path.join(folder, name)), Buffer.from(`\n${mark}`)]),
      ]);
      return visitor.upload(Object.fromEntries(some));
    };
    const first = await visitor.start(await stage(0, 100, 'first'));
    await visitor.jobs.wait(first);

    const idle: number[] = [];
    const busy: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const until = performance.now() + 3000;
      const quiet = await request(visitor, first, () => performance.now() > until);
      const add = [
        ...(await stage(0, 500, `round-${round}`)),
        ...(await stage(500, 500, `round-${round}`)),
      ];
      const job = await visitor.start(add);
      let isOver = false;
      const ended = visitor.jobs.wait(job).finally(() => {
        isOver = true;
      });
      const during = await request(visitor, job, () => isOver);
      await ended;
      idle.push(quantile(quiet, 0.99));
      busy.push(quantile(during, 0.99));
    }

    const canceled: number[] = [];
    for (let round = 0; round < cancels; round += 1) {
      const job = await visitor.start(await stage(0, 500, `cancel-${round}`));
      while ((await visitor.jobs.get(job))?.progress?.phase !== 'parse') await sleep(1);
      const startedAt = performance.now();
      await visitor.jobs.cancel(job);
      if ((await visitor.jobs.wait(job)).status === 'canceled') {
        canceled.push(performance.now() - startedAt);
      }
    }

    const ratio = median(busy.map((figure, round) => figure / (idle[round] ?? Number.NaN)));
    const slowest = Math.max(...canceled);
    return [
      {
        measure: `searches and polls while ${files.toLocaleString('en')} documents are ingested, p99`,
        ours: `${median(busy).toFixed(1)} ms`,
        peer: `${median(idle).toFixed(1)} ms, the idle server`,
        ratio,
        target: 'at most 3',
        pass: ratio <= 3,
      },
      {
        measure: `cancel to canceled, over HTTP, slowest of ${canceled.length}`,
        ours: `${slowest.toFixed(0)} ms`,
        peer: 'files of ordinary size',
        ratio: null,
        target: 'under 1 s',
        pass: canceled.length > 0 && slowest < 1000,
      },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const bench: Bench = { name: 'Documents: requests during an ingest', run };
export default bench;

await runAlone(import.meta, bench);
