import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { defaultPassageLength, passageLengths } from '../reading/chunk.ts';
import { isSearchLanguage, type SearchLanguage } from './stemming.ts';

export interface CorpusSettings {
  /**
   * Whose words are stemmed when the corpus is searched: `auto`, `none` or a language's code. It concerns
   * questions, and not the index.
   */
  readonly language: SearchLanguage;
  /** Characters that a passage has at most. It shapes the index: another one makes it stale. */
  readonly passageLength: number;
}

/** Beside the snapshots, and not in them. */
const settingsFile = 'search.json';

// Each by itself: what says nothing usable counts as not said.
const kept = z.object({
  language: z.string().refine(isSearchLanguage).catch('auto'),
  passageLength: z
    .number()
    .int()
    .min(passageLengths.least)
    .max(passageLengths.most)
    .catch(defaultPassageLength),
});
const standard: CorpusSettings = { language: 'auto', passageLength: defaultPassageLength };

/** From `search.json` in the data folder. */
export function corpusSettings(dataFolder: string): CorpusSettings {
  try {
    const text = readFileSync(path.join(dataFolder, settingsFile), 'utf8');
    return kept.parse(JSON.parse(text));
  } catch {
    return standard;
  }
}

/** What was there stays until the new file is whole. */
export function saveSettings(dataFolder: string, settings: CorpusSettings): void {
  const file = path.join(dataFolder, settingsFile);
  writeFileSync(`${file}.new`, `${JSON.stringify(settings)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export const searchLanguage = (dataFolder: string): SearchLanguage =>
  corpusSettings(dataFolder).language;
