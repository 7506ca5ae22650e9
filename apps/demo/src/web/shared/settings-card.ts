import type { SettingsView } from '../api.ts';
import type { CorpusSettings, SettingsState } from './corpus-settings.ts';
import { formatCount } from './format.ts';
import type { ChoiceView } from './list-tools.ts';
import type { Choice } from './list-words.ts';

/** One thing that can be set. */
export interface SettingView extends ChoiceView {
  readonly id: string;
  /** What it means, and what changing it costs. */
  readonly text: string;
}

const lengths = [
  { value: 600, label: 'Short' },
  { value: 1200, label: 'As usual' },
  { value: 2400, label: 'Long' },
] as const;

/** Empty while the settings are not known. */
export function settingsCard(
  { settings }: SettingsState,
  { save }: Pick<CorpusSettings, 'save'>,
): readonly SettingView[] {
  if (settings === undefined) return [];
  return [
    {
      id: 'language',
      label: 'Forms of words',
      text: 'A search for “cues” finds “cue” as well, by the rules of the languages chosen here. It holds for the next search; phrases in quotes are always taken as they are.',
      choices: languageChoices(settings),
      value: settings.language,
      onChoose: (language) => void save({ language }),
    },
    {
      id: 'passage-length',
      label: 'Length of passages',
      text: 'How much of a text a search shows and ranks as one. Another length makes the index stale until everything is indexed again.',
      choices: lengthChoices(settings),
      value: String(settings.passageLength),
      onChoose: (length) => void save({ passageLength: Number(length) }),
    },
  ];
}

function languageChoices({ languages }: SettingsView): readonly Choice[] {
  const names = new Intl.DisplayNames(['en'], { type: 'language' });
  const choices = languages.map((code) => ({ value: code, label: names.of(code) ?? code }));
  return [
    { value: 'auto', label: 'Of the languages of the documents' },
    { value: 'none', label: 'Off: words as they are written' },
    ...choices.sort((a, b) => a.label.localeCompare(b.label, 'en')),
  ];
}

/** The usual ones, and the one in force, whoever has set it. */
function lengthChoices({ passageLength }: SettingsView): readonly Choice[] {
  const known: readonly { value: number; label: string }[] = lengths;
  const all = known.some(({ value }) => value === passageLength)
    ? known
    : [...known, { value: passageLength, label: 'Other' }];
  return [...all]
    .sort((a, b) => a.value - b.value)
    .map(({ value, label }) => ({
      value: String(value),
      label: `${label}, up to ${formatCount(value)} characters`,
    }));
}
