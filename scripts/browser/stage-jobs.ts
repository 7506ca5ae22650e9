import { defineJob } from '@offstage/core';
import * as z from 'zod/mini';

/** The job of the tests: it does what its test tells it, step by step. */
export const ingest = defineJob({
  name: 'documents.ingest',
  input: z.object({ files: z.number() }),
  result: z.object({ version: z.string() }),
  phases: ['save', 'index', 'done'],
});
