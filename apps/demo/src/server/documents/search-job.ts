import { defineJob } from '@offstage/core';
import { z } from 'zod';
import type { FoundPage } from '../../search/find.ts';

/** No search is worth more; one that takes longer is told to be more exact. */
export const searchTimeoutMs = 10_000;

/** Looks into one index, in the thread that is there for it. Nobody sees these jobs. */
export const searchIndex = defineJob({
  name: 'documents.search',
  input: z.object({
    /** The index, absolute. Whoever asks holds its version open. */
    file: z.string(),
    query: z.string(),
    language: z.string(),
    options: z.object({
      limit: z.number().optional(),
      page: z.number().optional(),
      kinds: z.array(z.string()).optional(),
      folder: z.string().optional(),
      asTyped: z.boolean().optional(),
    }),
  }),
  // Made by the same program a moment ago.
  result: z.custom<FoundPage>(),
  phases: ['search'],
  timeoutMs: searchTimeoutMs,
});

/** Lets go of an index, so that its version may be removed. */
export const closeIndex = defineJob({
  name: 'documents.search.close',
  input: z.object({ file: z.string() }),
  result: z.null(),
  phases: ['close'],
});
