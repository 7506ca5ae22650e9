/**
 * Stands in for parse-file.ts where a document has taken over its parser: the file's text is code,
 * which is run, and the title says how that ended.
 */
import type { ParsedFile } from '../reading/parse-file.ts';

export async function parseFile(bytes: Uint8Array): Promise<ParsedFile> {
  const code = Buffer.from(bytes).toString();
  return { mediaType: 'text/plain', title: await outcomeOf(code), passages: [] };
}

async function outcomeOf(code: string): Promise<string> {
  const url = `data:text/javascript,${encodeURIComponent(`export default async () => {${code}};`)}`;
  try {
    const { default: run }: { default: () => Promise<unknown> } = await import(url);
    return `done: ${String(await run())}`;
  } catch (error) {
    const name = error instanceof Error ? error.message : String(error);
    return String((error instanceof Error && Reflect.get(error, 'code')) || name);
  }
}
