// Runs in Chromium: core has no Node.js in it, so the whole of a job and of a publish happens here.
import { defineJob, handle, InlineExecutor, JobManager, SnapshotStore } from '@offstage/core';
import { JobObserver } from '@offstage/core/observe';
import { memoryStorage } from '@offstage/core/testing';
import * as z from 'zod';

const publish = defineJob({
  name: 'publish',
  input: z.object({ lines: z.number() }),
  result: z.object({ version: z.string() }),
  phases: ['write', 'snapshot'],
});

const store = new SnapshotStore({
  storage: memoryStorage(),
  metadata: z.object({ lines: z.number() }),
});

const manager = new JobManager({
  executor: new InlineExecutor([
    handle(publish, async ({ input, signal, report }) => {
      const draft = await store.begin({ signal });
      try {
        for (let line = 1; line <= input.lines; line += 1) {
          report({ phase: 'write', percent: (100 * line) / input.lines, message: `Line ${line}` });
        }
        await draft.write('lines.txt', 'line\n'.repeat(input.lines));
        const { version } = await draft.finalize({ lines: input.lines }, { signal });
        return { version };
      } finally {
        await draft.discard();
      }
    }),
  ]),
});

export interface Outcome {
  readonly status: string;
  readonly version: string | undefined;
  readonly percent: number | null;
  readonly lines: number | undefined;
  readonly hasBuffer: boolean;
}

async function main(): Promise<Outcome> {
  const jobs = manager.forOwner('alice');
  const job = await jobs.start(publish, { lines: 1000 });
  const observer = new JobObserver(jobs, job.id);
  const settled = new Promise<void>((resolve) => {
    const unsubscribe = observer.subscribe(() => {
      if (!observer.getSnapshot().isTerminal) return;
      unsubscribe();
      resolve();
    });
  });
  await settled;
  const seen = observer.getSnapshot();
  const version = await store.current();
  return {
    status: seen.status ?? 'unknown',
    version: version?.version,
    percent: seen.percent,
    lines: version?.metadata.lines,
    hasBuffer: 'Buffer' in globalThis || 'process' in globalThis,
  };
}

Object.assign(globalThis, { outcome: main() });
