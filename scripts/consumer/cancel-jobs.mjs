import { defineJob } from '@offstage/core';
import { z } from 'zod';

const job = (name) =>
  defineJob({ name, input: z.unknown(), result: z.unknown(), phases: ['work'] });

export const spin = job('spin');
export const wait = job('wait');
