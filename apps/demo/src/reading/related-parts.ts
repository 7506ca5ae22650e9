import type { OfficePackage } from './office-package.ts';

export interface RelatedPart {
  readonly kind: string;
  readonly name: string;
}

/** Parts with text of their own that are drawn within others. */
export const drawnParts: ReadonlySet<string> = new Set([
  'chart',
  'chartEx',
  'chartUserShapes',
  'diagramData',
]);

/**
 * The parts of these kinds that a part leads to, and those that they lead to, each once: a chart may stand
 * in a note, and a text box in the chart.
 */
export async function relatedParts(
  office: OfficePackage,
  from: string,
  kinds: ReadonlySet<string>,
): Promise<readonly RelatedPart[]> {
  const found = new Map<string, RelatedPart>();
  await follow(from);
  return [...found.values()];

  async function follow(part: string): Promise<void> {
    for (const { kind, target } of await office.relationships(part)) {
      if (target === '' || target === from || !kinds.has(kind) || found.has(target)) continue;
      found.set(target, { kind, name: target });
      await follow(target);
    }
  }
}

const embedded = 'Documents that are embedded in it were left out.';

/** What is told of parts that are not read. */
const leftOut: ReadonlyMap<string, string> = new Map([
  ['image', 'Its pictures were left out: OCR is not part of it.'],
  ['oleObject', embedded],
  ['package', embedded],
  ['control', 'Controls that are embedded in it were left out.'],
]);

/** Notes about what a part, and the parts of these kinds that it leads to, show and nobody reads here. */
export async function notesOfParts(
  office: OfficePackage,
  from: string,
  kinds: ReadonlySet<string>,
): Promise<readonly string[]> {
  // A chart has a workbook of its own behind it, whose numbers it shows.
  const readers = new Set([...kinds].filter((kind) => !drawnParts.has(kind)));
  const parts = await relatedParts(office, from, new Set([...readers, ...leftOut.keys()]));
  return parts.map(({ kind }) => leftOut.get(kind)).filter((note) => note !== undefined);
}

/** The names of those who have commented, which stand in a part of their own. */
export async function commenters(office: OfficePackage, main: string): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const { name } of await relatedParts(office, main, peopleParts)) {
    await office.walk(name, {
      open(element, { name: own = '', displayName = own }) {
        if (people.has(element) && displayName.trim() !== '') names.add(displayName);
      },
    });
  }
  return [...names];
}

const peopleParts = new Set(['commentAuthors', 'authors', 'person']);
const people = new Set(['cmAuthor', 'author', 'person']);
