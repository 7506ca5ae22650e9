/** How boxes stand that a page's own style sheets name; see html-elements.ts for those that elements name. */
export interface ShownAs {
  /** A line breaks before it and behind it. */
  readonly breaks: boolean;
  /** What stands directly in it are boxes beside one another. */
  readonly hasBoxes: boolean;
}

const maxSheetLength = 512 * 1024;
const maxRules = 20_000;
const maxNames = 64;
const breaking = /^(?:block|flex|grid|table(?:-(?:row|cell|caption))?|list-item|flow-root)$/;
const boxes = /^(?:inline-)?(?:flex|grid)$/;
/** One element by its name, its classes or its identity; what stands within others is for browsers to find. */
const simple = /^(?:[a-z][\w-]{0,63})?(?:[.#]-?[a-z_][\w-]{0,63})?$/i;
const display = /(?:^|;)\s{0,100}display\s{0,100}:\s{0,100}([a-z-]{1,20})/gi;

/** What a page's style sheets say of lines and boxes. What they hide stays: a reader may uncover it. */
export class StyleSheet {
  /** By `name`, `.class`, `#id` and `name.class`. */
  readonly #rules = new Map<string, ShownAs>();
  #length = 0;

  add(source: string): void {
    this.#length += source.length;
    if (this.#length > maxSheetLength) return;
    let depth = 0;
    for (const part of source.replace(/\/\*[\s\S]*?(?:\*\/|$)/g, ' ').split('}')) {
      const pieces = part.split('{', maxNames);
      // What stands deeper holds for some screens alone.
      if (depth === 0 && pieces.length === 2) this.#addRule(pieces[0] ?? '', pieces[1] ?? '');
      depth = Math.max(0, depth + pieces.length - 2);
    }
  }

  #addRule(selectors: string, declarations: string): void {
    const value = [...declarations.matchAll(display)].at(-1)?.[1]?.toLowerCase();
    if (value === undefined) return;
    const shown = { breaks: breaking.test(value), hasBoxes: boxes.test(value) };
    if (!shown.breaks && !shown.hasBoxes) return;
    for (const selector of selectors.slice(selectors.lastIndexOf(';') + 1).split(',')) {
      const name = selector.trim();
      if (!simple.test(name) || name === '' || this.#rules.size === maxRules) continue;
      this.#rules.set(
        name.replace(/^[a-z][\w-]*/i, (tag) => tag.toLowerCase()),
        shown,
      );
    }
  }

  shownAs(
    name: string,
    { class: classes = '', id = '' }: Readonly<Record<string, string>>,
  ): ShownAs {
    let breaks = false;
    let hasBoxes = false;
    const look = (selector: string): void => {
      const found = this.#rules.get(selector);
      breaks ||= found?.breaks === true;
      hasBoxes ||= found?.hasBoxes === true;
    };
    if (this.#rules.size > 0) {
      look(name);
      for (const each of classes.split(/\s+/, maxNames)) {
        look(`.${each}`);
        look(`${name}.${each}`);
      }
      if (id !== '') for (const each of [`#${id}`, `${name}#${id}`]) look(each);
    }
    return { breaks, hasBoxes };
  }
}
