const maxSubsetLength = 64 * 1024;

export interface SplitDocument {
  readonly body: string;
  readonly entities: ReadonlyMap<string, string>;
}

/** The declarations that a document of XML has in its own document type, before its root. */
export function splitSubset(source: string): SplitDocument {
  const entities = new Map<string, string>();
  const head = source.slice(0, maxSubsetLength);
  const found = /<!DOCTYPE[^[>]{0,1000}\[([^\]]*)\]\s*>/.exec(head);
  if (found === null || /<[a-z]/i.test(head.slice(0, found.index)))
    return { body: source, entities };
  for (const [, name = '', value = ''] of (found[1] ?? '').matchAll(
    // None that is made of others, of which a few lines would make gigabytes.
    /<!ENTITY\s{1,100}([\w.-]{1,100})\s{1,100}["']([^"'&<%]{0,200})["']\s{0,100}>/g,
  )) {
    entities.set(name, value);
  }
  return { body: source.slice(found.index + found[0].length), entities };
}

/** A text with the values of a document's own entities in their places. */
export function withEntities(text: string, entities: ReadonlyMap<string, string>): string {
  if (entities.size === 0) return text;
  return text.replace(/&([\w.-]{1,100});/g, (all, name: string) => entities.get(name) ?? all);
}
