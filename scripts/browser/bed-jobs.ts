import { defineJob } from '@offstage/core';
import * as z from 'zod/mini';

/** The job of the test bed: its handler does what a test tells it, step by step. */
export const played = defineJob({
  name: 'bed.played',
  input: z.object({ title: z.string() }),
  result: z.object({ version: z.string() }),
  phases: ['save', 'index', 'done'],
});
