import { z } from 'zod';
import type { ChunkOptions } from './chunk.ts';
import type { ParseLimits } from './parsed-document.ts';

/** Asks the child for one file; its bytes are the frame's body. */
export interface ParseRequest {
  /** With its dot, in lower case; empty where the name has none. */
  readonly extension: string;
  readonly limits: ParseLimits;
  readonly chunking: ChunkOptions;
  /**
   * All answers before this file leave before it is begun, and its own at once. Others are gathered
   * for some milliseconds: waking the parent for each would cost as much as parsing a short file.
   */
  readonly prompt: boolean;
}

const failureCodes = [
  'empty',
  'no_text',
  'unsupported',
  'damaged',
  'encrypted',
  'too_large',
  'timeout',
  'out_of_memory',
  'crashed',
  'unreadable',
  'not_a_file',
] as const;

/** Why a file is left out; the message is for a person. */
export const fileFailure = z.object({ code: z.enum(failureCodes), message: z.string() });
export type FileFailure = z.infer<typeof fileFailure>;

const parsedFile = z.object({
  mediaType: z.string(),
  title: z.string(),
  passages: z.array(z.object({ heading: z.string(), text: z.string() })).readonly(),
  notes: z.array(z.string()).readonly().optional(),
});

/** The child's answers, in the order of its requests; `ready` comes once, before them. */
export const parseAnswer = z.union([
  z.object({ file: parsedFile }),
  z.object({ failure: fileFailure }),
  z.object({ ready: z.literal(true) }),
]);
export type ParseAnswer = z.infer<typeof parseAnswer>;

/** How a file came out of the child. */
export type ParseOutcome = Exclude<ParseAnswer, { ready: true }>;

/** What an outcome takes in memory, roughly: two bytes a character at most, and what objects take. */
export function bytesOf(outcome: ParseOutcome): number {
  if ('failure' in outcome) return 1024;
  const { passages } = outcome.file;
  return passages.reduce(
    (sum, { heading, text }) => sum + 2 * (heading.length + text.length) + 256,
    1024,
  );
}
