import { handle } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { spin, wait } from './cancel-jobs.mjs';

serveJobs([
  // Never lets the event loop turn: only a signal that looks by itself tells it.
  handle(spin, ({ signal, report }) => {
    for (let i = 0; ; i += 1) {
      signal.throwIfAborted();
      if (i === 0) report({ phase: 'work', percent: 1, message: 'spinning' });
    }
  }),
  handle(wait, async ({ signal, report }) => {
    report({ phase: 'work', percent: 1, message: 'waiting' });
    await new Promise((_, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
    });
  }),
]);
