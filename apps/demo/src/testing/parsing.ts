import { parseFile } from '../reading/parse-file.ts';
import { defaultParseLimits, type ParseLimits } from '../reading/parsed-document.ts';

/** All that a file is found by, one line a heading or a passage, its title first. */
export async function textOf(
  source: string | Uint8Array,
  extension: string,
  limits: ParseLimits = defaultParseLimits,
): Promise<string> {
  const bytes = typeof source === 'string' ? Buffer.from(source) : source;
  const { title, passages } = await parseFile(bytes, extension, limits);
  return [title, ...passages.flatMap(({ heading, text }) => [heading, text])].join('\n');
}
