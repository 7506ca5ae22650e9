type Attributes = Readonly<Record<string, string>>;

type Family = 'paragraph' | 'text';

interface Style {
  readonly parent: string;
  readonly isHeading: boolean;
  isHidden?: boolean;
}

// A circle of parents ends here.
const maxParents = 32;

/** What styles say of text: those of the document itself, which may go on from others with a name. */
export class OpenDocumentStyles {
  readonly #styles = new Map<string, Style>();
  readonly #named: OpenDocumentStyles | undefined;
  #described: Style | undefined;

  constructor(named?: OpenDocumentStyles) {
    this.#named = named;
  }

  open(name: string, attributes: Attributes): void {
    if (name === 'style') {
      const own = attributes.name ?? '';
      this.#described = {
        parent: attributes['parent-style-name'] ?? '',
        isHeading: (attributes['default-outline-level'] ?? '') !== '' || headingName.test(own),
      };
      this.#styles.set(`${attributes.family ?? ''} ${own}`, this.#described);
    } else if (name === 'text-properties' && this.#described !== undefined) {
      const { display } = attributes;
      if (display !== undefined) this.#described.isHidden = display === 'none';
    }
  }

  close(name: string): void {
    if (name === 'style') this.#described = undefined;
  }

  isHidden(family: Family, name: string): boolean {
    for (const [, style] of this.#lineOf(family, name)) {
      if (style?.isHidden !== undefined) return style.isHidden;
    }
    return false;
  }

  /** Whether a paragraph is a title, or a heading, by its style. */
  kindOf(name: string): 'title' | 'heading' | undefined {
    for (const [each, style] of this.#lineOf('paragraph', name)) {
      if (titleName.test(each)) return 'title';
      if (style?.isHeading === true) return 'heading';
      if (subtitleName.test(each)) return undefined;
    }
    return undefined;
  }

  /** A style and those that it goes on from, nearest first. */
  *#lineOf(family: Family, name: string): Generator<readonly [string, Style | undefined]> {
    let at = name;
    for (let step = 0; at !== '' && step < maxParents; step += 1) {
      const style = this.#find(`${family} ${at}`);
      yield [at, style];
      at = style?.parent ?? '';
    }
  }

  #find(key: string): Style | undefined {
    const own = this.#styles.get(key);
    if (own !== undefined || this.#named === undefined) return own;
    return this.#named.#find(key);
  }
}

const titleName = /^title$/i;
const subtitleName = /^subtitle$/i;
// Blanks in names are written as their code.
const headingName = /^heading(?:_20_| )\d+$/i;
