import { defineJob } from '@offstage/core';
import { z } from 'zod';

export const paint = defineJob({
  name: 'paint',
  input: z.unknown(),
  result: z.string(),
  phases: ['work'],
});
