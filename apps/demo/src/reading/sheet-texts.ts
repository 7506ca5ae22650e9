import type { OfficePackage } from './office-package.ts';
import { OfficeTextReader } from './office-text.ts';
import { UnreadableError } from './parsed-document.ts';
import type { RelatedPart } from './related-parts.ts';
import type { XmlHandler } from './xml-events.ts';

/** The texts of a part beside a sheet: notes, threads, shapes, charts, diagrams, and words of controls. */
export async function sheetTexts(
  office: OfficePackage,
  { kind, name }: RelatedPart,
): Promise<readonly string[]> {
  const reader = new OfficeTextReader();
  switch (kind) {
    case 'comments':
      await office.walk(name, new NoteReader(reader));
      break;
    case 'vmlDrawing':
      await walkVml(office, name, reader);
      break;
    default:
      await office.walk(name, reader);
  }
  return reader.finish().map(({ text }) => text);
}

// Excel puts HTML into boxes, which need not be XML; that is no reason to lose the sheet.
async function walkVml(
  office: OfficePackage,
  name: string,
  reader: OfficeTextReader,
): Promise<void> {
  let depth = 0;
  try {
    await office.walk(name, {
      open(element) {
        if (element !== 'textbox') return;
        depth += 1;
        reader.open('text', {});
      },
      text(text) {
        if (depth > 0) reader.text(text);
      },
      close(element) {
        if (element !== 'textbox') return;
        depth -= 1;
        reader.close('text');
      },
    });
  } catch (error) {
    if (!(error instanceof UnreadableError) || error.code !== 'damaged') throw error;
  }
}

/** The author of a note that stands in for a thread, for programs that know none. */
const standsIn = /^tc=/i;

/** Notes of cells: who wrote them, and their runs of text. */
class NoteReader implements XmlHandler {
  readonly #reader: OfficeTextReader;
  readonly #authors: string[] = [];
  #inAuthor = false;
  #isStandIn = false;

  constructor(reader: OfficeTextReader) {
    this.#reader = reader;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'author') {
      this.#authors.push('');
      this.#inAuthor = true;
    } else if (name === 'comment') {
      const author = this.#authors[Number(attributes.authorId)] ?? '';
      this.#isStandIn = standsIn.test(author);
      this.#reader.open('comment', { author: author.trim() });
    } else if (!this.#isStandIn) this.#reader.open(name === 'text' ? 'p' : name, attributes);
  }

  text(text: string): void {
    if (this.#inAuthor) this.#authors.push(`${this.#authors.pop() ?? ''}${text}`);
    else if (!this.#isStandIn) this.#reader.text(text);
  }

  close(name: string): void {
    if (name === 'author') this.#inAuthor = false;
    else if (name === 'comment') this.#isStandIn = false;
    else if (!this.#isStandIn) this.#reader.close(name === 'text' ? 'p' : name);
  }
}
