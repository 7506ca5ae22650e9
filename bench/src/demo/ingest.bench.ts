import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { JobManager } from '@offstage/core';
import { ingest } from '@offstage/demo/change/ingest-job.ts';
import { WorkerExecutor } from '@offstage/node-worker';
import { interleave, median, pairedRatio } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';
import { writeMarkdownCorpus } from './markdown-corpus.ts';
import { plainLoop, runPlainLoop } from './plain-loop.ts';

const files = 2000;
const rounds = 7;
const resolutionMs = 5;
const entry = fileURLToPath(import.meta.resolve('@offstage/demo/change/ingest.worker.ts'));

const newManager = (): JobManager =>
  new JobManager({ executor: new WorkerExecutor({ entry, threads: 1 }) });

/** Milliseconds from start to settled. */
async function runJob(manager: JobManager, folder: string, dataFolder: string): Promise<number> {
  const jobs = manager.forOwner('bench');
  const startedAt = performance.now();
  const { id } = await jobs.start(ingest, { folder, dataFolder });
  const end = await jobs.wait(id);
  const duration = performance.now() - startedAt;
  if (end.status !== 'succeeded' || end.result.documents !== files) {
    throw new Error(`The ingest ended as ${end.status}: ${end.failure?.message ?? ''}`);
  }
  await jobs.consume(id);
  return duration;
}

async function run(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));
  try {
    const folder = path.join(scratch, 'documents');
    const megabytes = writeMarkdownCorpus(folder, files) / 1e6;
    let number = 0;
    // Each time the first one: what is there already would be taken over.
    const fresh = (name: string): string => path.join(scratch, `${name}-${++number}`);
    const ms = (values: readonly number[]): string => `${median(values).toFixed(0)} ms`;

    const delays = monitorEventLoopDelay({ resolution: resolutionMs });
    const manager = newManager();
    const warm = await interleave(rounds, {
      ours: async () => {
        delays.enable();
        const duration = await runJob(manager, folder, fresh('warm'));
        delays.disable();
        return duration;
      },
      plain: () => plainLoop(folder, fresh('index')),
    });
    await manager.shutdown();
    // The histogram counts its own interval; what is above it is delay.
    const p99 = delays.percentile(99) / 1e6 - resolutionMs;
    const warmRatio = pairedRatio(warm.plain, warm.ours);

    const cold = await interleave(rounds, {
      ours: async () => {
        const coldManager = newManager();
        const duration = await runJob(coldManager, folder, fresh('cold'));
        await coldManager.shutdown();
        return duration;
      },
      plain: () => runPlainLoop(folder, fresh('index')),
    });
    const coldRatio = pairedRatio(cold.plain, cold.ours);

    return [
      {
        measure: `ingest of ${files.toLocaleString('en')} Markdown files (${megabytes.toFixed(0)} MB), job, thread, parser process and snapshot`,
        ours: ms(warm.ours),
        peer: `${ms(warm.plain)}, plain loop in one thread`,
        ratio: warmRatio,
        target: 'at least 1.0',
        pass: warmRatio >= 1,
      },
      {
        measure: "main thread's event loop meanwhile, p99 delay",
        ours: `${p99.toFixed(1)} ms`,
        peer: 'the plain loop blocks it throughout',
        ratio: null,
        target: 'under 20 ms',
        pass: p99 < 20,
      },
      {
        measure: 'the same ingest, thread and parser process started for it',
        ours: ms(cold.ours),
        peer: `${ms(cold.plain)}, plain loop in a process started for it`,
        ratio: coldRatio,
        target: 'to be seen',
        pass: null,
      },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const bench: Bench = { name: 'Ingest (apps/demo)', run };
export default bench;

await runAlone(import.meta, bench);
