import { getDocumentProxy } from 'unpdf';
import {
  type Block,
  type ParsedDocument,
  type ParseLimits,
  UnreadableError,
} from './parsed-document.ts';

/** The text of a PDF, page by page; each page of several has its number as heading. */
export async function parsePdf(bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  try {
    // PDF.js takes ownership of the buffer it is given.
    const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
    const blocks: Block[] = [];
    let characters = 0;
    for (
      let number = 1;
      number <= pdf.numPages && characters <= limits.maxCharacters;
      number += 1
    ) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      let text = '';
      for (const item of items) {
        if ('str' in item) text += item.hasEOL ? `${item.str}\n` : item.str;
      }
      page.cleanup();
      characters += text.length;
      if (text.trim() === '') continue;
      if (pdf.numPages > 1) blocks.push({ kind: 'heading', text: `Page ${number}` });
      blocks.push({ kind: 'text', text: joinLines(text) });
    }
    const title = await titleOf(pdf);
    await pdf.loadingTask.destroy();
    if (blocks.length === 0) {
      throw new UnreadableError('no_text', 'it has no text; it may be a scan');
    }
    return { title, blocks };
  } catch (error) {
    throw asUnreadable(error);
  }
}

async function titleOf(pdf: Awaited<ReturnType<typeof getDocumentProxy>>): Promise<string | null> {
  const { info } = await pdf.getMetadata();
  const title: unknown = Reflect.get(info, 'Title');
  return typeof title === 'string' && title.trim() !== '' ? title.trim() : null;
}

// A word parted at the end of a line is put together again.
const joinLines = (text: string): string => text.replace(/(\p{Ll})-\n(?=\p{Ll})/gu, '$1');

function asUnreadable(error: unknown): unknown {
  if (error instanceof UnreadableError || !(error instanceof Error)) return error;
  if (error.name === 'PasswordException') {
    return new UnreadableError('encrypted', 'it is protected by a password', { cause: error });
  }
  return new UnreadableError('damaged', 'it is not a whole PDF', { cause: error });
}
