import { strToU8, zipSync } from 'fflate';
import { PDFDocument } from 'pdf-lib';

/** A PDF with a page and no text on it, as a scanner makes it. */
export async function scannedPdf(): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const page = document.addPage([200, 200]);
  page.drawRectangle({ x: 20, y: 20, width: 100, height: 100 });
  return document.save();
}

/** A PDF that opens with a password alone: its check values match none. */
export function encryptedPdf(): Uint8Array {
  const key = '00'.repeat(32);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>',
    `<< /Filter /Standard /V 1 /R 2 /P -4 /O <${key}> /U <${key}> >>`,
  ];
  let text = '%PDF-1.4\n';
  const offsets: number[] = [];
  for (const [index, object] of objects.entries()) {
    offsets.push(text.length);
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
  }
  const table = text.length;
  text += `xref\n0 5\n0000000000 65535 f \n${offsets
    .map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`)
    .join('')}`;
  text += `trailer\n<< /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [<00> <00>] >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

/** A Word document of `megabytes` once unpacked, and of a thousandth of that before. */
export function zipBomb(megabytes: number): Uint8Array {
  const part = new Uint8Array(megabytes * 1024 * 1024).fill(0x20);
  return zipSync({ '[Content_Types].xml': strToU8('<Types/>'), 'word/document.xml': part });
}

/** The same, but its directory says that the part is a hundred bytes long. */
export function lyingZipBomb(megabytes: number): Uint8Array {
  const bytes = Buffer.from(zipBomb(megabytes));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(megabytes * 1024 * 1024);
  for (let at = bytes.indexOf(size); at !== -1; at = bytes.indexOf(size, at + 4)) {
    bytes.writeUInt32LE(100, at);
  }
  return bytes;
}
