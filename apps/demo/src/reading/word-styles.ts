import type { OfficePackage } from './office-package.ts';

export type StyleKind = 'title' | 'heading';

/** What a paragraph of a style is, by the style's id; styles that say nothing of it are not in it. */
export async function headingStyles(
  office: OfficePackage,
  part: string,
): Promise<ReadonlyMap<string, StyleKind>> {
  const kinds = new Map<string, StyleKind>([['Title', 'title']]);
  const bases = new Map<string, string>();
  for (let level = 1; level <= 9; level += 1) kinds.set(`Heading${level}`, 'heading');
  let id = '';
  await office.walk(part, {
    open(name, { styleId = '', val = '' }) {
      if (name === 'style') id = styleId;
      else if (id === '') return;
      // Ids are in the language of the program that made them; names of built-in styles are not.
      else if (name === 'name' && /^title$/i.test(val)) kinds.set(id, 'title');
      else if (name === 'name' && /^heading [1-9]$/i.test(val)) kinds.set(id, 'heading');
      else if (name === 'outlineLvl' && Number(val) < 9) kinds.set(id, kinds.get(id) ?? 'heading');
      else if (name === 'basedOn') bases.set(id, val);
    },
    close(name) {
      if (name === 'style') id = '';
    },
  });
  for (const style of bases.keys()) {
    // A style without a level of its own has that of the one it is made from; a circle has an end too.
    let base: string | undefined = style;
    for (let steps = 0; steps < 12 && base !== undefined && !kinds.has(base); steps += 1) {
      base = bases.get(base);
    }
    const kind = base === undefined ? undefined : kinds.get(base);
    if (kind !== undefined) kinds.set(style, kind);
  }
  return kinds;
}
