import { defineJob } from '@offstage/core';
import { z } from 'zod';

export const bookMetadata = z.object({ pages: z.number() });

/** Its input is a number: no request can name a file. */
export const printBook = defineJob({
  name: 'book.print',
  input: z.object({ pages: z.number().int().min(1).max(500) }),
  result: z.object({ version: z.string(), pages: z.number() }),
  phases: ['print', 'publish', 'done'],
});
