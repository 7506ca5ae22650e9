import { decompressRTF } from '@kenjiuno/decompressrtf';
import msgReader, { type FieldsData } from '@kenjiuno/msgreader';
import { declaredEncoding } from './declared-encoding.ts';
import { decodeText } from './decode-text.ts';
import { documentOfHtml } from './html.ts';
import { type Block, type ParsedDocument, UnreadableError } from './parsed-document.ts';
import { paragraphsOf } from './text.ts';

/** Mail as Outlook saves it: who wrote to whom about what, the text, and the names of what is attached. */
export async function parseMsg(bytes: Uint8Array): Promise<ParsedDocument> {
  const { subject, body, bodyHtml, html, compressedRtf, senderName, senderEmail, ...lists } =
    read(bytes);
  const blocks: Block[] = [];
  const from = [senderName, senderEmail].filter(Boolean).join(' ');
  if (from !== '') blocks.push({ kind: 'text', text: `From: ${from}` });
  const to = (lists.recipients ?? [])
    .map(({ name, email, smtpAddress }) => [name, smtpAddress ?? email].filter(Boolean).join(' '))
    .filter((text) => text !== '');
  if (to.length > 0) blocks.push({ kind: 'text', text: `To: ${to.join(', ')}` });
  if (subject) blocks.push({ kind: 'heading', text: subject });
  if (body?.trim()) blocks.push(...paragraphsOf(body));
  else if (bodyHtml) blocks.push(...documentOfHtml(bodyHtml).blocks);
  else if (html)
    blocks.push(...documentOfHtml(await decodeText(html, declaredEncoding(html))).blocks);
  else if (compressedRtf) blocks.push(...(await blocksOfRtf(compressedRtf)));
  const attachments = lists.attachments ?? [];
  const names = attachments.map(({ fileName, name }) => fileName ?? name ?? '').filter(Boolean);
  if (names.length > 0) {
    blocks.push({ kind: 'heading', text: '' }, { kind: 'text', text: names.join(', ') });
  }
  return {
    title: subject ?? null,
    blocks,
    notes:
      attachments.length === 0 ? [] : ['What is attached to it was left out, but for the names.'],
  };
}

function read(bytes: Uint8Array): FieldsData {
  try {
    const data = new msgReader.default(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    ).getFileData();
    if (data.error === undefined) return data;
    throw new Error(data.error);
  } catch (cause) {
    throw new UnreadableError('damaged', 'it is not a whole mail of Outlook', { cause });
  }
}

async function blocksOfRtf(compressed: Uint8Array): Promise<readonly Block[]> {
  const { parseRtf } = await import('./rtf.ts');
  return parseRtf(Uint8Array.from(decompressRTF([...compressed]))).blocks;
}
