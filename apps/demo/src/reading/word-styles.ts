import type { OfficePackage } from './office-package.ts';

export type StyleKind = 'title' | 'heading';

/** What styles say, by their ids; those that say nothing of it are not in it. */
export interface WordStyles {
  /** What a paragraph of a style is. */
  readonly kinds: ReadonlyMap<string, StyleKind>;
  /** Whether text of a style is hidden. */
  readonly hidden: ReadonlyMap<string, boolean>;
}

export const noStyles: WordStyles = { kinds: new Map(), hidden: new Map() };

export async function wordStyles(office: OfficePackage, part: string): Promise<WordStyles> {
  const kinds = new Map<string, StyleKind>([['Title', 'title']]);
  const hidden = new Map<string, boolean>();
  const bases = new Map<string, string>();
  for (let level = 1; level <= 9; level += 1) kinds.set(`Heading${level}`, 'heading');
  let id = '';
  let isOfParagraph = false;
  await office.walk(part, {
    open(name, { styleId = '', val = '' }) {
      if (name === 'style') id = styleId;
      else if (id === '') return;
      // Ids are in the language of the program that made them; names of built-in styles are not.
      else if (name === 'name' && /^title$/i.test(val)) kinds.set(id, 'title');
      else if (name === 'name' && /^heading [1-9]$/i.test(val)) kinds.set(id, 'heading');
      else if (name === 'outlineLvl' && Number(val) < 9) kinds.set(id, kinds.get(id) ?? 'heading');
      else if (name === 'basedOn') bases.set(id, val);
      else if (name === 'vanish' && !isOfParagraph) hidden.set(id, !isOff(val));
      // The mark at the end of a paragraph has properties of its own, and rows of a table as well.
      else if (name === 'pPr' || name === 'tblStylePr') isOfParagraph = true;
    },
    close(name) {
      if (name === 'style') id = '';
      if (name === 'pPr' || name === 'tblStylePr') isOfParagraph = false;
    },
  });
  inherit(kinds, bases);
  inherit(hidden, bases);
  return { kinds, hidden };
}

/** Whether a property that is there says that it is not. */
export const isOff = (value: string): boolean => /^(?:0|false|off)$/.test(value);

/** A style that says nothing itself has what the one that it is made from says; a circle has an end too. */
function inherit<Value>(own: Map<string, Value>, bases: ReadonlyMap<string, string>): void {
  for (const style of bases.keys()) {
    let base: string | undefined = style;
    for (let steps = 0; steps < 12 && base !== undefined && !own.has(base); steps += 1) {
      base = bases.get(base);
    }
    const value = base === undefined ? undefined : own.get(base);
    if (value !== undefined) own.set(style, value);
  }
}
