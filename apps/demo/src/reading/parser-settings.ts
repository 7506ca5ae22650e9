import { z } from 'zod';
import { defaultPassageLength, passageLengths } from './chunk.ts';

/** What a job's input says of the limits of one file, for every job that reads some. */
export const fileLimits = {
  fileTimeoutMs: z.number().int().min(1).max(2_147_483_647).default(30_000),
  memoryLimitMb: z.number().int().min(32).max(65_536).default(512),
  maxFileBytes: z
    .number()
    .int()
    .min(1)
    .default(64 * 1024 * 1024),
};

/** The same, for jobs of a server. */
export const parserSettings = {
  ...fileLimits,
  /** Parser processes side by side. */
  processes: z.number().int().min(1).max(64).optional(),
  /** Characters that a passage has at most. */
  passageLength: z
    .number()
    .int()
    .min(passageLengths.least)
    .max(passageLengths.most)
    .default(defaultPassageLength),
};

/** As a server is set up; where nothing is said, the default of `parserSettings` holds. */
export type ParserSettings = Partial<z.input<z.ZodObject<typeof parserSettings>>>;
