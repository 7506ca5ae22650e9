import { defineJob } from '@offstage/core';
import { z } from 'zod';

export const count = defineJob({
  name: 'words.count',
  input: z.object({ directory: z.string(), text: z.string() }),
  result: z.object({ version: z.string(), words: z.number() }),
  phases: ['count', 'snapshot'],
});
