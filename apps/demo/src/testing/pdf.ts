/** A PDF of these objects, numbered from 1; the first is its catalog. */
export function pdfOf(objects: readonly string[]): Uint8Array {
  let text = '%PDF-1.7\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = text.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`;
  text += `trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

export interface PageOptions {
  /** Lines of text, in Latin-1 without brackets. */
  readonly lines?: readonly string[];
  /** Entries of the catalog. */
  readonly catalog?: string;
  /** Entries of the page. */
  readonly page?: string;
  /** Annotations, each as a dictionary; objects from 7 on. */
  readonly annotations?: readonly string[];
  /** A map from the font's codes to Unicode. */
  readonly unicode?: string;
}

/** A PDF of one page. */
export function pagePdf({
  lines = [],
  catalog = '',
  page = '',
  annotations = [],
  unicode,
}: PageOptions): Uint8Array {
  const content = `BT /F1 12 Tf 16 TL 72 770 Td ${lines.map((line) => `(${line}) Tj T*`).join(' ')} ET`;
  const map = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange 2 beginbfrange <20> <7E> <0020> ${unicode ?? ''} endbfrange endcmap end end`;
  const numbers = annotations.map((_, index) => `${7 + index} 0 R`);
  return pdfOf([
    `<</Type/Catalog/Pages 2 0 R${catalog}>>`,
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[${numbers.join(' ')}]/Resources<</Font<</F1 5 0 R>>>>${page}>>`,
    `<</Length ${content.length}>>stream\n${content}\nendstream`,
    `<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding${unicode === undefined ? '' : '/ToUnicode 6 0 R'}>>`,
    `<</Length ${map.length}>>stream\n${map}\nendstream`,
    ...annotations,
  ]);
}
