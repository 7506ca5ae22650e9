import { defineJob } from '@offstage/core';
import { z } from 'zod';

const shape = { input: z.object({ n: z.number() }), phases: ['work', 'publish'] } as const;

/** Publishes one version, however often it is tried. */
export const publish = defineJob({
  name: 'publish',
  ...shape,
  result: z.object({ version: z.string() }),
  retry: { attempts: 20, delayMs: 0 },
});

/** Counts on from what it saved. */
export const count = defineJob({
  name: 'count',
  ...shape,
  result: z.object({ counted: z.number() }),
  retry: { attempts: 20, delayMs: 0 },
});

/** Has one attempt; its discard says that it ran. */
export const once = defineJob({ name: 'once', ...shape, result: z.number() });

export const definitions = [publish, count, once];
