import { closeSync, openSync } from 'node:fs';
import { handle } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { createIngestHandler } from '../change/ingest-handler.ts';
import { starve } from './starving.ts';

const held: number[] = [];

serveJobs([
  createIngestHandler(),
  handle(starve, ({ input }) => {
    for (const descriptor of held.splice(0)) closeSync(descriptor);
    if (input.left === null) return { held: 0 };
    try {
      for (;;) held.push(openSync('/dev/null', 'r'));
    } catch {
      for (const descriptor of held.splice(0, input.left)) closeSync(descriptor);
    }
    return { held: held.length };
  }),
]);
