import { defineJob } from '@offstage/core';
import { z } from 'zod';
import { parserSettings } from './parser-settings.ts';

/**
 * Reads uploads ahead of the change that will ask for them, while others arrive. It publishes nothing,
 * nobody sees it, and nothing is lost where it fails or is canceled: the change reads what is missing.
 */
export const readUploads = defineJob({
  name: 'documents.read',
  input: z.object({
    files: z.array(
      z.object({
        name: z.string(),
        /** Where it lies, absolute. */
        staged: z.string(),
      }),
    ),
    ...parserSettings,
  }),
  result: z.object({
    /** Files that were handed to parsers; what becomes of them is kept. */
    read: z.number(),
  }),
  phases: ['parse'],
});
