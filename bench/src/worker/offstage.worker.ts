import { once } from 'node:events';
import { handle } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { add, flood, rest, spin } from './definitions.ts';

/** Milliseconds on a clock that all threads share. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

serveJobs([
  handle(add, ({ input }) => input.a + input.b),
  handle(flood, ({ input, report }) => {
    const { reports } = input;
    const startedAt = now();
    for (let i = 1; i <= reports; i++) {
      report({ phase: 'work', percent: (100 * i) / reports, message: 'Page 7 of 9' });
    }
    return (reports / (now() - startedAt)) * 1000;
  }),
  handle(spin, ({ signal, report }) => {
    report({ phase: 'work' });
    while (!signal.aborted);
    return now();
  }),
  handle(rest, async ({ signal, report }) => {
    report({ phase: 'work' });
    await once(signal, 'abort');
    return now();
  }),
]);
