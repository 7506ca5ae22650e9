/**
 * One piece of a document in reading order: a heading; a paragraph, a list item, a row of a table in
 * running text; or a record, a row of a table that is a document of its own, which becomes a passage for
 * itself. An empty heading ends the one before it.
 */
export interface Block {
  readonly kind: 'heading' | 'text' | 'record';
  /** Plain text; white space is not yet normalised. */
  readonly text: string;
  /** In a table of running text: it begins a row or a further cell, or goes on in a cell. */
  readonly inTable?: 'row' | 'cell' | 'more' | undefined;
}

/** What a parser makes of a file's bytes. */
export interface ParsedDocument {
  /** From the document itself; `null` where it names none. */
  readonly title: string | null;
  readonly blocks: readonly Block[];
  /** What was left out of the text, each a plain sentence for a person. */
  readonly notes?: readonly string[];
}

/** Why a file is left out of the index. The message is for a person (D6). */
export type UnreadableCode =
  | 'empty'
  | 'no_text'
  | 'unsupported'
  | 'damaged'
  | 'encrypted'
  | 'too_large'
  | 'timeout'
  | 'out_of_memory'
  | 'crashed'
  | 'unreadable';

/** A file that cannot be read, and why. Everything else goes on without it (D6). */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  readonly code: UnreadableCode;

  constructor(code: UnreadableCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export const protectedByPassword = 'it is protected by a password';

/** How far a parser may go with one file. */
export interface ParseLimits {
  /** Characters of text in one document. */
  readonly maxCharacters: number;
  /** Bytes that the parts of a compressed document (DOCX, EPUB) may unpack to, together. */
  readonly maxInflatedBytes: number;
}

export const defaultParseLimits: ParseLimits = {
  maxCharacters: 20_000_000,
  maxInflatedBytes: 256 * 1024 * 1024,
};
