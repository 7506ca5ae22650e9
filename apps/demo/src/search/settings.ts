import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { isSearchLanguage, type SearchLanguage } from './stemming.ts';

/** Beside the snapshots, and not in them: a change of it concerns questions, not the index. */
const settingsFile = 'search.json';
const settings = z.object({ language: z.string().refine(isSearchLanguage) });

/**
 * Whose words are stemmed when a corpus is searched: `auto`, `none` or a language's code, from
 * `search.json` in the data folder. A file that says nothing usable counts as none at all.
 */
export function searchLanguage(dataFolder: string): SearchLanguage {
  try {
    const text = readFileSync(path.join(dataFolder, settingsFile), 'utf8');
    return settings.parse(JSON.parse(text)).language;
  } catch {
    return 'auto';
  }
}
