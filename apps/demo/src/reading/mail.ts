import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { append } from './append.ts';
import { blocksOfContentLines } from './content-lines.ts';
import { decodeText, isUtf7 } from './decode-text.ts';
import { documentOfHtml } from './html.ts';
import { joinBlobs } from './joined-blob.ts';
import {
  asEightBits,
  bytesOf,
  declaredOfMail,
  isForeign,
  withUnicodeFields,
} from './mail-encodings.ts';
import { lengthLine } from './mail-length.ts';
import { withFewerLines } from './mail-lines.ts';
import { lackedBy } from './other-form.ts';
import { type Block, type ParsedDocument, UnreadableError } from './parsed-document.ts';
import { paragraphsOf } from './text.ts';
import { isTnef, namesInTnef } from './tnef.ts';

joinBlobs();

const maxNesting = 64;
const maxListedAttachments = 1000;
/** Mails within mails that are attached. */
const maxAttachedDepth = 8;
/** Fields with words for people, beside those that name them and the subject. */
const shownFields = new Set(['sender', 'organization', 'keywords', 'comments']);

/**
 * Mail, mailboxes and web archives: who wrote to whom about what, the text, and the names of what is
 * attached.
 */
export async function parseMail(bytes: Uint8Array): Promise<ParsedDocument> {
  const mails = mailsOf(withoutLength(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)));
  const [only] = mails;
  if (mails.length === 1 && only !== undefined) return documentOfMail(only);
  const blocks: Block[] = [];
  const notes = new Set<string>();
  for (const mail of mails) {
    const own = await documentOfMail(mail);
    blocks.push({ kind: 'heading', text: own.title ?? '' });
    append(
      blocks,
      own.blocks.filter(({ text }) => text !== own.title),
    );
    for (const note of own.notes ?? []) notes.add(note);
  }
  return { title: null, blocks, notes: [...notes] };
}

/** Apple Mail keeps each mail with its length before it, and what it knows of it behind it. */
function withoutLength(bytes: Buffer): Buffer {
  const [line = '', length] = lengthLine.exec(bytes.toString('latin1', 0, 32)) ?? [];
  return length === undefined ? bytes : bytes.subarray(line.length, line.length + Number(length));
}

/** A mailbox has a line before each mail that begins with `From ` and a blank line before it. */
function mailsOf(bytes: Buffer): Buffer[] {
  if (!bytes.subarray(0, 5).equals(Buffer.from('From '))) return [bytes];
  const mails: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const unix = bytes.indexOf('\n\nFrom ', start);
    const windows = bytes.indexOf('\r\n\r\nFrom ', start);
    const isWindows = windows !== -1 && (unix === -1 || windows < unix);
    const end = isWindows ? windows : unix;
    const head = bytes.indexOf('\n', start);
    mails.push(bytes.subarray(head + 1, end === -1 ? bytes.length : end));
    if (end === -1) break;
    start = end + (isWindows ? 4 : 2);
  }
  return mails;
}

async function documentOfMail(bytes: Buffer, depth = 0): Promise<ParsedDocument> {
  const mail = await parseChecked(withFewerLines(await withUnicodeFields(bytes)));
  const html = mail.html === undefined ? undefined : documentOfHtml(mail.html);
  const addressed = [
    ['From', mail.from === undefined ? [] : [mail.from]],
    ['To', mail.to ?? []],
    ['Cc', mail.cc ?? []],
    ['Bcc', mail.bcc ?? []],
    ['Reply-To', mail.replyTo ?? []],
  ] as const;
  const blocks: Block[] = [];
  for (const [name, addresses] of addressed) {
    const text = addresses.map(asText).filter(Boolean).join(', ');
    if (text !== '') blocks.push({ kind: 'text', text: `${name}: ${text}` });
  }
  for (const { key, value } of mail.headers) {
    if (shownFields.has(key) && value.trim() !== '') blocks.push({ kind: 'text', text: value });
  }
  const day = /^\d{4}-\d{2}-\d{2}/.exec(mail.date ?? '')?.[0];
  if (day !== undefined) blocks.push({ kind: 'text', text: `Date: ${day}` });
  if (mail.subject !== undefined) blocks.push({ kind: 'heading', text: mail.subject });
  // The same text in both forms, or a plain note beside a page: what the other form lacks is added.
  const page = html?.blocks ?? [];
  append(blocks, page);
  append(blocks, lackedBy(page, paragraphsOf(mail.text ?? '')));
  const others: Attachment[] = [];
  const names: string[] = [];
  const notes = new Set<string>();
  for (const attachment of mail.attachments) {
    names.push(attachment.filename ?? '');
    const packed = packedBy(attachment);
    if (packed !== undefined) {
      append(names, namesInTnef(packed));
      notes.add('What Outlook packed into a part of its own form was left out, but for the names.');
      continue;
    }
    const own = await blocksOfPart(attachment, depth);
    if (own === undefined) others.push(attachment);
    else append(blocks, own);
  }
  const listed = names.filter((name) => name !== '').slice(0, maxListedAttachments);
  if (listed.length > 0) {
    blocks.push({ kind: 'heading', text: '' }, { kind: 'text', text: listed.join(', ') });
  }
  if (others.some(({ related }) => related !== true)) {
    notes.add('What is attached to it was left out, but for the names.');
  }
  return { title: mail.subject ?? html?.title ?? null, blocks, notes: [...notes] };
}

/** The bytes of `winmail.dat`, whatever it is called. */
function packedBy({ content }: Attachment): Buffer | undefined {
  if (typeof content === 'string') return undefined;
  const bytes = Buffer.from(new Uint8Array(content));
  return isTnef(bytes) ? bytes : undefined;
}

/** Parts of a mail that are read as it is: mails that are forwarded, and texts that stand in it. */
async function blocksOfPart(
  { mimeType, disposition, content }: Attachment,
  depth: number,
): Promise<readonly Block[] | undefined> {
  if (typeof content === 'string') return undefined;
  const bytes = new Uint8Array(content);
  if (mimeType === 'message/rfc822' && depth < maxAttachedDepth) {
    const { title, blocks } = await documentOfMail(Buffer.from(bytes), depth + 1);
    return [{ kind: 'heading', text: title ?? '' }, ...blocks];
  }
  if (contentLines.has(mimeType)) return blocksOfContentLines(await decodeText(bytes));
  if (reports.has(mimeType)) return paragraphsOf(await decodeText(bytes));
  if (disposition === 'attachment' || !mimeType.startsWith('text/')) return undefined;
  if (mimeType === 'text/rtf') return (await import('./rtf.ts')).parseRtf(bytes).blocks;
  if (mimeType === 'text/markdown')
    return (await import('./markdown.ts')).parseMarkdown(bytes).then(({ blocks }) => blocks);
  if (mimeType === 'text/enriched') return documentOfHtml(await decodeText(bytes)).blocks;
  return shownTexts.has(mimeType) ? paragraphsOf(await decodeText(bytes)) : undefined;
}

const contentLines = new Set(['text/calendar', 'text/vcard', 'text/x-vcard', 'text/directory']);
/** Why a mail did not arrive, or that it was read, and the fields of that mail. */
const reports = new Set([
  'message/delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
  'text/rfc822-headers',
]);
const shownTexts = new Set([
  'text/plain',
  'text/x-amp-html',
  'text/csv',
  'text/x-markdown',
  'text/x-patch',
  'text/x-diff',
]);

/** What a mail declares of its encoding is checked: by what comes out, and by the bytes where that is wrong. */
async function parseChecked(bytes: Uint8Array): Promise<Email> {
  const mail = await parse(bytes);
  const texts = [mail.text ?? '', mail.html ?? '', mail.subject ?? ''];
  const declared = declaredOfMail(bytes);
  const isOther = isUtf7(declared) || isForeign(declared);
  const isMisread = (text: string): boolean => isOther || misread.test(text);
  if (!texts.some(isMisread)) return mail;
  const again = await parse(asEightBits(bytes));
  const decoded = async (text: string | undefined, former: string | undefined) => {
    if (text === undefined || former === undefined || !isMisread(former)) return former;
    const raw = bytesOf(text);
    if (raw === undefined) return former;
    const checked = await decodeText(raw, declared);
    return checked.includes('\ufffd') && !former.includes('\ufffd') ? former : checked;
  };
  return {
    ...mail,
    text: await decoded(again.text, mail.text),
    html: await decoded(again.html, mail.html),
  };
}

/** A character for a byte that was not possible, or two letters that are the bytes of one in UTF-8. */
const misread = /\ufffd|[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u2013-\u203a\u20ac\u2122]/;

async function parse(bytes: Uint8Array): Promise<Email> {
  try {
    return await PostalMime.parse(Buffer.from(bytes), {
      maxNestingDepth: maxNesting,
      attachmentEncoding: 'arraybuffer',
    });
  } catch (cause) {
    throw new UnreadableError('damaged', 'it is not a whole mail', { cause });
  }
}

function asText(address: Address): string {
  const group = address.group?.map(asText).join(', ');
  return [address.name, address.address ?? group].filter(Boolean).join(' ');
}
