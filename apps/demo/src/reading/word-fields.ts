import { signOf } from './symbol-fonts.ts';

type Attributes = Readonly<Record<string, string>>;

interface Field {
  /** How much was shown before it. */
  readonly shown: number;
  instruction: string;
  /** What stands in it by now is its result, and no more of its instruction. */
  isSeparated: boolean;
  form: 'list' | 'box' | 'text' | undefined;
  readonly entries: string[];
  /** What was chosen, or whether it is checked. */
  result: string | undefined;
  /** What stands there at first. */
  start: string | undefined;
}

const boxes = { checked: '☒', unchecked: '☐' } as const;

/** What a field shows, and a reading, which stands behind the line so that its phrases stay whole. */
export interface FieldText {
  readonly text: string;
  readonly aside?: string;
}

/**
 * The fields of a Word document, or of Rich Text, that are open. Most have their result beside them as
 * text; those of old forms, buttons and signs are shown from what the field itself says.
 */
export class WordFields {
  readonly #open: Field[] = [];
  #inForm = false;

  /** @param shown How much text was shown until now. */
  begin(shown: number, { instruction = '', isSeparated = true } = {}): void {
    const none = { form: undefined, entries: [], result: undefined, start: undefined };
    this.#open.push({ shown, instruction, isSeparated, ...none });
  }

  separate(): void {
    const field = this.#open.at(-1);
    if (field !== undefined) field.isSeparated = true;
  }

  /** An instruction that goes on behind its paragraph is one that nobody ended. */
  endParagraph(): void {
    for (const field of this.#open) field.isSeparated = true;
  }

  /** The result of a field within the instruction of another one is a part of that. */
  get isInInstruction(): boolean {
    return (
      this.#open.at(-1)?.isSeparated === true && this.#open.some(({ isSeparated }) => !isSeparated)
    );
  }

  /** @returns what the field shows where nothing was shown since it began */
  end(shown: number): FieldText {
    const field = this.#open.pop();
    if (field === undefined || shown > field.shown) return { text: '' };
    const text = formChoice(field);
    return text === '' ? shownByInstruction(field.instruction.trim()) : { text };
  }

  instruct(text: string): void {
    const field = this.#open.at(-1);
    if (field !== undefined) field.instruction += text;
  }

  /** More of the entry of a list that began last. */
  addToEntry(text: string): void {
    const entries = this.#open.at(-1)?.entries;
    entries?.push(`${entries.pop() ?? ''}${text}`);
  }

  open(name: string, { val }: Attributes): void {
    if (name === 'ffData') this.#inForm = true;
    const field = this.#open.at(-1);
    if (!this.#inForm || field === undefined) return;
    if (name === 'ddList') field.form = 'list';
    else if (name === 'checkBox') field.form = 'box';
    else if (name === 'textInput') field.form = 'text';
    else if (name === 'listEntry') field.entries.push(val ?? '');
    else if (name === 'result' || name === 'checked') field.result = val ?? '1';
    else if (name === 'default') field.start = val ?? '1';
  }

  close(name: string): void {
    if (name === 'ffData') this.#inForm = false;
  }
}

function formChoice({ form, entries, result, start }: Field): string {
  switch (form) {
    case 'list':
      return entries[Number(result ?? start ?? 0)] ?? '';
    case 'box':
      return /^(?:1|true|on)$/.test(result ?? start ?? '0') ? boxes.checked : boxes.unchecked;
    case 'text':
      return start ?? '';
    case undefined:
      return '';
  }
}

/** What a field without a result shows by its instruction: a button, a sign, characters with their reading. */
function shownByInstruction(instruction: string): FieldText {
  const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(instruction) ?? [];
  switch (name.toUpperCase()) {
    case 'MACROBUTTON':
    case 'GOTOBUTTON':
      return { text: /^\S+\s+(.*)$/s.exec(rest)?.[1] ?? '' };
    case 'SYMBOL': {
      const [, code = ''] = /^(\d+|0x[\da-f]+)/i.exec(rest) ?? [];
      const [, font = ''] = /\\f\s+"?([^"\\]+)/i.exec(rest) ?? [];
      return { text: signOf(Number(code), font.trim()) };
    }
    case 'EQ':
      return equation(rest);
    default:
      return { text: '' };
  }
}

/** Switches place what stands in their brackets; what is placed is text. */
function equation(instruction: string): FieldText {
  const [, reading, base] = /\\up\s?[\d.]+\(([^()]*)\)\s*,([^()]*)\)/i.exec(instruction) ?? [];
  if (reading !== undefined && base !== undefined) return { text: base.trim(), aside: reading };
  return { text: instruction.replace(/\\\*\s*(?:"[^"]*"|\S+)|\\[a-z]+\s?\d*|[(),;]/gi, ' ') };
}
