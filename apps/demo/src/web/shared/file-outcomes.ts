import type { ChangeResult, FileOutcome } from '../api.ts';
import { countOf } from './format.ts';
import { otherFilesTitle, outcomeWords } from './job-words.ts';

/** Some files of a change, and what became of them (D6). */
export interface FileGroup {
  readonly key: string;
  readonly title: string;
  /** For the list, to who cannot see the title above it. */
  readonly label: string;
  readonly isBad: boolean;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** That more of them are in the corpus's own list; empty where these are all. */
  readonly more: string;
}

/** What failed, what was read in part, and the rest; groups without a file are left out. */
export function fileGroups(result: ChangeResult): readonly FileGroup[] {
  const { files, newlyFailed, partly } = result;
  const failed = files.filter(({ outcome }) => outcome === 'failed');
  const inPart = files.filter(({ notes }) => notes.length > 0);
  const others = files.filter(({ outcome, notes }) => outcome !== 'failed' && notes.length === 0);
  const groups: FileGroup[] = [
    {
      key: 'failed',
      title: `${countOf(newlyFailed, 'file')} cannot be searched`,
      label: 'Files that cannot be searched',
      isBad: true,
      files: failed.map(({ name, problem }) => ({ name, text: problem?.message ?? '' })),
      more: moreOf(newlyFailed, failed),
    },
    {
      key: 'partly',
      title: `${countOf(partly, 'file was', 'files were')} read in part`,
      label: 'Files that were read in part',
      isBad: false,
      files: inPart.map(({ name, notes }) => ({ name, text: notes.join(' ') })),
      more: moreOf(partly, inPart),
    },
    {
      key: 'others',
      title: otherFilesTitle(result, failed.length + inPart.length > 0),
      label: 'Other files',
      isBad: false,
      files: others.map(({ name, outcome }) => ({ name, text: outcomeWords[outcome] })),
      more: '',
    },
  ];
  return groups.filter((group) => group.files.length > 0);
}

const moreOf = (count: number, listed: readonly FileOutcome[]): string =>
  count > listed.length ? `The list of documents names all ${countOf(count, 'file')}.` : '';
