import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { PDFDocument, StandardFonts } from 'pdf-lib';

const words =
  `stage curtain prompt batten cradle gauze lantern cue standby warning pulley trap wing fly cloth
   border dresser wig costume thunder limelight overture interval foyer rehearsal script actor
   pencil headset silence applause rope counterweight gallery programme matinee understudy`.split(
    /\s+/,
  );

export interface MixedDocumentsOptions {
  /** Other documents at another seed, the same ones at the same. @default 0 */
  readonly seed?: number;
  /** Of some 480 words each. @default 1 */
  readonly pages?: number;
}

/**
 * Writes documents as an office has them: of ten files five are Markdown, two HTML, two DOCX and one
 * PDF, each with words of its own.
 *
 * @returns their names
 */
export async function writeMixedDocuments(
  folder: string,
  count: number,
  { seed = 0, pages = 1 }: MixedDocumentsOptions = {},
): Promise<string[]> {
  const next = generator(20_260_102 + seed);
  const word = (): string => words[Math.floor(next() * words.length)] ?? 'stage';
  const sentence = (): string => `${Array.from({ length: 12 }, word).join(' ')}.`;
  const paragraph = (): string => Array.from({ length: 5 }, sentence).join(' ');
  mkdirSync(folder, { recursive: true });
  const names: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const title = `Document ${number}`;
    const paragraphs = [
      `word${number} ${paragraph()}`,
      ...Array.from({ length: 8 * pages - 1 }, paragraph),
    ];
    const kind = kinds[number % kinds.length] ?? 'md';
    const name = `document-${seed}-${number}.${kind}`;
    writeFileSync(path.join(folder, name), await make(kind, title, paragraphs));
    names.push(name);
  }
  return names;
}

const kinds = ['md', 'html', 'md', 'docx', 'md', 'pdf', 'md', 'html', 'docx', 'md'] as const;

async function make(
  kind: (typeof kinds)[number],
  title: string,
  paragraphs: readonly string[],
): Promise<string | Uint8Array> {
  switch (kind) {
    case 'md':
      return `# ${title}\n\n${paragraphs.map((text, n) => `## Part ${n}\n\n${text}`).join('\n\n')}\n`;
    case 'html':
      return `<!doctype html><html lang="en"><head><title>${title}</title></head><body><main><h1>${title}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join('\n')}</main></body></html>`;
    case 'docx':
      return docx(title, paragraphs);
    case 'pdf':
      return pdf(title, paragraphs);
  }
}

function docx(title: string, paragraphs: readonly string[]): Uint8Array {
  const body = [title, ...paragraphs].map((text) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`);
  const xml = (text: string): Uint8Array =>
    strToU8(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${text}`);
  return zipSync({
    '[Content_Types].xml': xml(
      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    ),
    '_rels/.rels': xml(
      '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
    ),
    'word/document.xml': xml(
      `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body.join('')}</w:body></w:document>`,
    ),
  });
}

async function pdf(title: string, paragraphs: readonly string[]): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  document.setTitle(title);
  const font = await document.embedFont(StandardFonts.TimesRoman);
  for (let at = 0; at < paragraphs.length; at += 4) {
    const page = document.addPage([420, 595]);
    page.drawText(paragraphs.slice(at, at + 4).join('\n\n'), {
      ...{ x: 40, y: 550, size: 9, font, maxWidth: 340, lineHeight: 12 },
    });
  }
  return document.save();
}

// A small linear congruential generator: documents need to differ, not to be random.
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
