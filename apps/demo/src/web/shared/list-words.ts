import type { CorpusView, DocumentKind, VersionView } from '../api.ts';
import type { DocumentList, ShownQuery } from './document-pages.ts';
import { countOf, formatCount, formatKind, formatMoment } from './format.ts';

export interface Choice {
  readonly value: string;
  readonly label: string;
}

const orders: readonly (Choice & Pick<ShownQuery, 'sort' | 'order'>)[] = [
  { value: 'name', label: 'By name', sort: 'name', order: 'asc' },
  { value: 'name-back', label: 'By name, Z to A', sort: 'name', order: 'desc' },
  { value: 'newest', label: 'Newest first', sort: 'added', order: 'desc' },
  { value: 'oldest', label: 'Oldest first', sort: 'added', order: 'asc' },
  { value: 'largest', label: 'Largest first', sort: 'size', order: 'desc' },
  { value: 'smallest', label: 'Smallest first', sort: 'size', order: 'asc' },
  { value: 'most', label: 'Most passages first', sort: 'passages', order: 'desc' },
  { value: 'fewest', label: 'Fewest passages first', sort: 'passages', order: 'asc' },
];

/** In which orders the list can be. */
export const orderChoices: readonly Choice[] = orders;

export const orderOf = ({ sort, order }: ShownQuery): string =>
  orders.find((one) => one.sort === sort && one.order === order)?.value ?? 'name';

export function queryOfOrder(value: string): Pick<ShownQuery, 'sort' | 'order'> {
  const { sort, order } = orders.find((one) => one.value === value) ?? {
    sort: 'name',
    order: 'asc',
  };
  return { sort, order };
}

/** The kinds that the version has, with how many there are of each. */
export const kindChoices = (kinds: readonly DocumentKind[], partly: number): readonly Choice[] => [
  { value: '', label: 'All kinds' },
  ...kinds.map(({ kind, count }) => ({
    value: kind ?? 'failed',
    label: `${kind === null ? 'Not searchable' : formatKind(kind)} (${formatCount(count)})`,
  })),
  ...(partly > 0 ? [{ value: 'partly', label: `Read in part (${formatCount(partly)})` }] : []),
];

/** Whether the list shows only some of the version. */
export const isFiltered = ({ name, kind, reason }: ShownQuery): boolean =>
  name !== '' || kind !== '' || reason !== '';

/** The heading of the list: as many files as the sizes and the outcome of a change count. */
export function listTitle(current: VersionView, { total, query }: DocumentList): string {
  const all = current.documents + current.failed;
  const files = countOf(all, 'file');
  const shown = total ?? all;
  if (!isFiltered(query)) return `${countOf(shown, 'file')} in version ${current.gen}`;
  return `${formatCount(shown)} of ${files} in version ${current.gen}`;
}

/** What is said of the current version above its documents. */
export function listNote(
  { createdAt, documents, failed }: VersionView,
  { partly }: DocumentList,
): string {
  const published = `Published ${formatMoment(createdAt)}`;
  const can =
    failed === 0
      ? ''
      : `, ${countOf(failed, 'file')} cannot be searched, ${formatCount(documents)} can`;
  return `${published}${can}${partly === 0 ? '' : `, ${formatCount(partly)} read in part`}`;
}

export interface RemovalWords {
  readonly title: string;
  /** Before and after the name of a single document. */
  readonly before: string;
  readonly after: string;
}

/** What removing documents means, as long as it can be undone. */
export function removalWords(
  count: number,
  name: string | undefined,
  corpus: CorpusView | undefined,
): RemovalWords {
  const gen = corpus?.current?.gen ?? 0;
  const kept = corpus?.keptVersions ?? 0;
  const back = `Version ${gen} can be made current again for as long as it is among the newest ${kept}.`;
  return {
    title: count === 1 ? 'Remove this document?' : `Remove ${countOf(count, 'document')}?`,
    before:
      name === undefined
        ? `A new version without ${count === 1 ? 'it' : 'them'} is published.`
        : 'A new version without',
    after: name === undefined ? back : `is published. ${back}`,
  };
}

/** The question before files take the place of documents of the same names. */
export function replacingWords(names: number, uploads: number) {
  const rest = uploads - names;
  return {
    title:
      names === 1
        ? 'A document of this name is there already'
        : `${countOf(names, 'document')} of these names are there already`,
    text: `${names === 1 ? 'It has' : 'They have'} another content. ${
      rest > 0 ? `${countOf(rest, 'other file')} can be added in any case.` : ''
    }`.trimEnd(),
    replace: names === 1 ? 'Replace it' : 'Replace them',
    leave: names === 1 ? 'Leave it as it is' : 'Leave them as they are',
  };
}
