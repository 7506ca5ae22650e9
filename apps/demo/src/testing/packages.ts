import { strToU8, zipSync } from 'fflate';

/** A ZIP archive of parts by their names. */
export const packageOf = (parts: Readonly<Record<string, string | Uint8Array>>): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [
        name,
        typeof part === 'string' ? strToU8(part) : part,
      ]),
    ),
  );

const main = 'application/vnd.openxmlformats-officedocument';
const types = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** `kind` is the end of a relationship's type. */
type Relations = Readonly<Record<string, { readonly kind: string; readonly target: string }>>;

export const relationships = (relations: Relations): string =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${Object.entries(
    relations,
  )
    .map(
      ([id, { kind, target }]) =>
        `<Relationship Id="${id}" Type="${types}/${kind}" Target="${target}"/>`,
    )
    .join('')}</Relationships>`;

const contentTypes = (part: string, type: string): string =>
  `<Types><Override PartName="/${part}" ContentType="${main}.${type}.main+xml"/></Types>`;

/** A Word document whose body is this XML, with further parts by their names. */
export const docxOf = (
  body: string,
  relations: Relations = {},
  parts: Readonly<Record<string, string | Uint8Array>> = {},
): Uint8Array =>
  packageOf({
    '[Content_Types].xml': contentTypes('word/document.xml', 'wordprocessingml.document'),
    '_rels/.rels': relationships({ a: { kind: 'officeDocument', target: 'word/document.xml' } }),
    'word/document.xml': `<w:document><w:body>${body}</w:body></w:document>`,
    'word/_rels/document.xml.rels': relationships(relations),
    ...parts,
  });

/** A workbook with one sheet of this XML. */
export const xlsxOf = (
  rows: string,
  parts: Readonly<Record<string, string | Uint8Array>> = {},
): Uint8Array =>
  packageOf({
    '[Content_Types].xml': contentTypes('xl/workbook.xml', 'spreadsheetml.sheet'),
    '_rels/.rels': relationships({ a: { kind: 'officeDocument', target: 'xl/workbook.xml' } }),
    'xl/workbook.xml':
      '<workbook><sheets><sheet name="Cast" sheetId="1" r:id="s"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': relationships({
      s: { kind: 'worksheet', target: 'worksheets/sheet1.xml' },
      t: { kind: 'sharedStrings', target: 'sharedStrings.xml' },
      y: { kind: 'styles', target: 'styles.xml' },
    }),
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
    ...parts,
  });

/** A presentation with these slides, each the XML of its shapes. */
export const pptxOf = (
  slides: readonly string[],
  parts: Readonly<Record<string, string | Uint8Array>> = {},
): Uint8Array =>
  packageOf({
    '[Content_Types].xml': contentTypes('ppt/presentation.xml', 'presentationml.presentation'),
    '_rels/.rels': relationships({ a: { kind: 'officeDocument', target: 'ppt/presentation.xml' } }),
    'ppt/presentation.xml': `<p:presentation><p:sldIdLst>${slides
      .map((_, at) => `<p:sldId id="${256 + at}" r:id="s${at}"/>`)
      .join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relationships(
      Object.fromEntries(
        slides.map((_, at) => [`s${at}`, { kind: 'slide', target: `slides/slide${at}.xml` }]),
      ),
    ),
    ...Object.fromEntries(
      slides.map((shapes, at) => [
        `ppt/slides/slide${at}.xml`,
        `<p:sld><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`,
      ]),
    ),
    ...parts,
  });

/** A document of OpenDocument whose body is this XML. */
export const openDocumentOf = (
  kind: 'text' | 'spreadsheet' | 'presentation',
  body: string,
  parts: Readonly<Record<string, string | Uint8Array>> = {},
): Uint8Array =>
  packageOf({
    mimetype: `application/vnd.oasis.opendocument.${kind}`,
    'content.xml': `<office:document-content><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
    ...parts,
  });

/** A book with these chapters. */
export const epubOf = (
  chapters: Readonly<Record<string, string | Uint8Array>>,
  parts: Readonly<Record<string, string | Uint8Array>> = {},
): Uint8Array =>
  packageOf({
    mimetype: 'application/epub+zip',
    'META-INF/container.xml':
      '<container><rootfiles><rootfile full-path="book/content.opf"/></rootfiles></container>',
    'book/content.opf': `<package><metadata><dc:title>The book</dc:title><dc:creator>Ada</dc:creator></metadata><manifest>${Object.keys(
      chapters,
    )
      .map((name, at) => `<item id="c${at}" href="${encodeURI(name)}"/>`)
      .join('')}</manifest><spine>${Object.keys(chapters)
      .map((_, at) => `<itemref idref="c${at}"/>`)
      .join('')}</spine></package>`,
    ...Object.fromEntries(
      Object.entries(chapters).map(([name, chapter]) => [`book/${name}`, chapter]),
    ),
    ...parts,
  });
