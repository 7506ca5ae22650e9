import type { z } from 'zod';
import { Problem } from './problem.ts';

/** The query of an address, checked. @throws Problem 400 `invalid_input` */
export function parseQuery<S extends z.ZodType>(
  schema: S,
  query: Readonly<Record<string, string>>,
): z.infer<S> {
  const { success, data } = schema.safeParse(query);
  if (success) return data;
  throw new Problem(400, 'invalid_input', 'A value in the address is not what it should be.');
}
