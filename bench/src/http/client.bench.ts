import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { JobPoll } from '@offstage/core';
import { decodePollManyResponse, encodePollManyResponse } from '@offstage/core/wire';
import { build } from 'esbuild';
import * as z from 'zod/mini';
import { interleave, median, pairedRatio } from '../measure.ts';
import type { Bench, Row } from '../row.ts';
import { runAlone } from '../table.ts';

const rounds = 9;
const jobs = 1000;

const event = (seq: number) => ({
  seq,
  at: 1_700_000_000_000 + seq,
  phase: 'ingest',
  percent: seq % 100,
  message: `File ${seq} of 1,200`,
  attempt: 1,
});

const polls: JobPoll[] = Array.from({ length: jobs }, (_, index) => ({
  job: {
    id: `job-${index}-abcdefghijklmnop`,
    name: 'documents.ingest',
    phases: ['save', 'ingest', 'index', 'snapshot', 'done'],
    status: 'running',
    attempt: 1,
    maxAttempts: 1,
    availableAt: null,
    lastFailure: null,
    retryOf: null,
    cancelRequested: false,
    progress: event(index + 10),
    droppedReports: 0,
    createdAt: 1_700_000_000_000,
    startedAt: 1_700_000_000_000,
    endedAt: null,
    result: undefined,
    failure: undefined,
  },
  events: Array.from({ length: 10 }, (_, seq) => event(index + seq + 1)),
  cursor: index + 10,
  missed: 0,
}));
const text = JSON.stringify(encodePollManyResponse(polls));

// The same form in a schema library's smallest dress.
const count = z.int().check(z.nonnegative());
const eventForm = z.object({
  seq: z.int().check(z.positive()),
  at: z.number(),
  phase: z.string(),
  percent: z.nullable(z.number().check(z.minimum(0), z.maximum(100))),
  message: z.string(),
});
const viewForm = z.object({
  id: z.string().check(z.minLength(1)),
  name: z.string(),
  phases: z.array(z.string()),
  status: z.enum(['queued', 'running', 'succeeded', 'failed', 'canceled']),
  attempt: z.int().check(z.positive()),
  cancelRequested: z.boolean(),
  progress: z.nullable(eventForm),
  droppedReports: count,
  createdAt: z.number(),
  startedAt: z.nullable(z.number()),
  endedAt: z.nullable(z.number()),
  result: z.optional(z.unknown()),
  failure: z.optional(z.unknown()),
});
const pollsForm = z.object({
  polls: z.array(
    z.object({
      job: z.optional(viewForm),
      events: z.array(eventForm),
      cursor: count,
      missed: count,
    }),
  ),
});

async function timed(decode: (value: unknown) => unknown): Promise<number> {
  const startedAt = performance.now();
  for (let time = 0; time < 5; time++) decode(JSON.parse(text));
  return (performance.now() - startedAt) / 5;
}

async function decoding(): Promise<Row> {
  const figures = await interleave(rounds, {
    ours: () => timed(decodePollManyResponse),
    zod: () => timed((value) => pollsForm.parse(value)),
  });
  const ratio = pairedRatio(figures.ours, figures.zod);
  return {
    measure: '1,000 polls of 10 events: JSON.parse and decode, against a zod/mini schema',
    ours: `${median(figures.ours).toFixed(1)} ms`,
    peer: `zod/mini ${median(figures.zod).toFixed(1)} ms`,
    ratio,
    target: 'at most 1.2 x',
    pass: ratio <= 1.2,
  };
}

/** Bytes of a page that uses the hook, minified and gzipped, without React. */
async function pageBytes(isFirstLoad: boolean): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "export { JobsProvider, useJobProgress } from '@offstage/react'; export { HttpJobClient } from '@offstage/http/client';",
      resolveDir: path.join(import.meta.dirname, '..', '..', '..', 'packages', 'react'),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    external: ['react'],
    conditions: ['@offstage/source'],
    plugins: [
      {
        name: 'first-load',
        setup(builder) {
          builder.onResolve({ filter: /./ }, ({ kind, path: imported }) =>
            isFirstLoad && kind === 'dynamic-import'
              ? { path: imported, external: true }
              : undefined,
          );
        },
      },
    ],
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}

async function size(name: string, isFirstLoad: boolean): Promise<Row> {
  const bytes = await pageBytes(isFirstLoad);
  return {
    measure: `useJobProgress with HttpJobClient, minified and gzipped, ${name}`,
    ours: `${(bytes / 1000).toFixed(2)} kB`,
    peer: 'swr 6.4, useQuery 10.0 kB',
    ratio: null,
    target: 'under 6 kB',
    pass: bytes < 6000,
  };
}

const bench: Bench = {
  name: 'HTTP client',
  async run() {
    return [
      await decoding(),
      await size('at first', true),
      await size('with the stream and all else that is loaded when it is used', false),
    ];
  },
};

export default bench;
await runAlone(import.meta, bench);
