import { defineJob } from '@offstage/core';
import { z } from 'zod';

export const add = defineJob({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number() }),
  result: z.number(),
  phases: ['work'],
});

/** Reports that often in a loop that never awaits; returns the reports accepted per second. */
export const flood = defineJob({
  name: 'flood',
  input: z.object({ reports: z.number() }),
  result: z.number(),
  phases: ['work'],
});

/** Spins until it is stopped; returns when it saw that, on the clock of `process.hrtime`. */
export const spin = defineJob({
  name: 'spin',
  input: z.object({}),
  result: z.number(),
  phases: ['work'],
});

/** Awaits until it is stopped; returns when it saw that. */
export const rest = defineJob({
  name: 'rest',
  input: z.object({}),
  result: z.number(),
  phases: ['work'],
});
