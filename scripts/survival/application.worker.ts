// The handlers of the application that is killed. What they do is said to the parent at once, by the
// system call itself.
import { writeSync } from 'node:fs';
import { handle, SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { serveJobs } from '@offstage/node-worker/thread';
import { z } from 'zod';
import { count, once, publish } from './definitions.ts';

const { OFFSTAGE_FOLDER: folder = '', OFFSTAGE_KILL: kill } = process.env;
const versions = new SnapshotStore({
  storage: nodeStorage(folder),
  metadata: z.object({ job: z.string() }),
  retain: 1000,
});
const say = (line: string): void => void writeSync(1, `${line}\n`);
let passed = 0;
/** `name#n`: the process ends at the n-th time that it comes by. */
function step(name: string): void {
  if (kill === undefined || !kill.startsWith(`${name}#`)) return;
  passed += 1;
  if (kill === `${name}#${passed}`) process.kill(process.pid, 'SIGKILL');
}

serveJobs([
  handle(publish, async ({ jobId, attempt, signal, report }) => {
    say(`run ${jobId} ${attempt}`);
    step('handler: begun');
    await using draft = await versions.begin({ signal });
    await draft.write('job.txt', jobId);
    report({ phase: 'publish', percent: 90 });
    step('handler: before the commit');
    const { version } = await draft.finalize({ job: jobId }, { signal, key: jobId });
    step('handler: published');
    return { version };
  }),
  handle(count, async ({ jobId, attempt, saved, save }) => {
    say(`run ${jobId} ${attempt}`);
    let counted = (saved as { counted: number } | undefined)?.counted ?? 0;
    say(`found ${jobId} ${counted}`);
    while (counted < 5) {
      counted += 1;
      await save({ counted });
      say(`saved ${jobId} ${counted}`);
      step('handler: saved');
    }
    return { counted };
  }),
  handle(
    once,
    async ({ jobId, attempt, input }) => {
      say(`run ${jobId} ${attempt}`);
      if (input.n % 2 === 0) throw new Error('It was to fail.');
      return input.n;
    },
    {
      discard({ jobId }) {
        step('handler: discarding');
        say(`discarded ${jobId}`);
      },
    },
  ),
]);
