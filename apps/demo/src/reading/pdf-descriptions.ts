/** An element of the structure that a tagged page has beside its text. */
interface Element {
  readonly alt?: unknown;
  readonly children?: readonly unknown[];
}

const maxElements = 100_000;

/** What is said of figures for those who do not see them. */
export function descriptionsIn(tree: unknown): readonly string[] {
  const found = new Set<string>();
  const waiting: unknown[] = [tree];
  for (let count = 0; waiting.length > 0 && count < maxElements; count += 1) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const { alt, children = [] } = next as Element;
    if (typeof alt === 'string' && alt.trim() !== '') found.add(alt.trim());
    for (let at = children.length - 1; at >= 0; at -= 1) waiting.push(children[at]);
  }
  return [...found];
}
