import { decompressRTF } from '@kenjiuno/decompressrtf';
import msgReader, { type FieldsData } from '@kenjiuno/msgreader';
import { append } from './append.ts';
import { hasCircles } from './compound-chains.ts';
import { declaredEncoding } from './declared-encoding.ts';
import { decodeText } from './decode-text.ts';
import { documentOfHtml } from './html.ts';
import { type Block, type ParsedDocument, UnreadableError } from './parsed-document.ts';
import { paragraphsOf } from './text.ts';

/** Mails within mails. */
const maxDepth = 8;

/** Mail as Outlook saves it: who wrote to whom about what, the text, and the names of what is attached. */
export async function parseMsg(bytes: Uint8Array): Promise<ParsedDocument> {
  const mail = read(bytes);
  const attached = mail.attachments ?? [];
  const isLeftOut = attached.some(
    ({ innerMsgContentFields }) => innerMsgContentFields === undefined,
  );
  return {
    title: mail.subject ?? null,
    blocks: await blocksOf(mail),
    notes: isLeftOut ? ['What is attached to it was left out, but for the names.'] : [],
  };
}

async function blocksOf(mail: FieldsData, depth = 0): Promise<readonly Block[]> {
  const { subject, body, bodyHtml, html, compressedRtf, senderName, senderEmail } = mail;
  const blocks: Block[] = [];
  const from = [senderName, senderEmail].filter(Boolean).join(' ');
  if (from !== '') blocks.push({ kind: 'text', text: `From: ${from}` });
  const to = (mail.recipients ?? [])
    .map(({ name, email, smtpAddress }) => [name, smtpAddress ?? email].filter(Boolean).join(' '))
    .filter((text) => text !== '');
  if (to.length > 0) blocks.push({ kind: 'text', text: `To: ${to.join(', ')}` });
  const day = dayOf(mail.apptStartWhole ?? mail.clientSubmitTime ?? mail.messageDeliveryTime);
  if (day !== undefined) blocks.push({ kind: 'text', text: `Date: ${day}` });
  if (subject) blocks.push({ kind: 'heading', text: subject });
  const others = shownFields.map((field) => mail[field]?.trim() ?? '').filter(Boolean);
  if (others.length > 0) blocks.push({ kind: 'text', text: [...new Set(others)].join(', ') });
  if (body?.trim()) append(blocks, paragraphsOf(body));
  else if (bodyHtml) append(blocks, documentOfHtml(bodyHtml).blocks);
  else if (html)
    append(blocks, documentOfHtml(await decodeText(html, declaredEncoding(html))).blocks);
  else if (compressedRtf) append(blocks, await blocksOfRtf(compressedRtf));
  const attachments = mail.attachments ?? [];
  for (const { innerMsgContentFields: inner } of attachments) {
    if (inner !== undefined && depth < maxDepth) append(blocks, await blocksOf(inner, depth + 1));
  }
  const names = attachments.map(({ fileName, name }) => fileName ?? name ?? '').filter(Boolean);
  if (names.length > 0) {
    blocks.push({ kind: 'heading', text: '' }, { kind: 'text', text: names.join(', ') });
  }
  return blocks;
}

/** What appointments and people say beside the text. */
const shownFields = [
  ...(['location', 'apptLocation', 'companyName', 'title', 'departmentName'] as const),
  ...(['businessTelephoneNumber', 'mobileTelephoneNumber', 'homeTelephoneNumber'] as const),
  ...(['workAddress', 'postalAddress'] as const),
];

function dayOf(time: string | undefined): string | undefined {
  const date = new Date(time ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10);
}

const notWhole = 'it is not a whole mail of Outlook';

function read(bytes: Uint8Array): FieldsData {
  if (hasCircles(bytes)) throw new UnreadableError('damaged', notWhole);
  try {
    const data = new msgReader.default(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    ).getFileData();
    if (data.error === undefined) return data;
    throw new Error(data.error);
  } catch (cause) {
    throw new UnreadableError('damaged', notWhole, { cause });
  }
}

async function blocksOfRtf(compressed: Uint8Array): Promise<readonly Block[]> {
  const { parseRtf } = await import('./rtf.ts');
  return parseRtf(Uint8Array.from(decompressRTF([...compressed]))).blocks;
}
