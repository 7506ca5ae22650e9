import PostalMime, { type Address, type Email } from 'postal-mime';
import { documentOfHtml } from './html.ts';
import { type Block, type ParsedDocument, UnreadableError } from './parsed-document.ts';
import { paragraphsOf } from './text.ts';

const maxNesting = 64;
const maxListedAttachments = 1000;

/**
 * Mail, mailboxes and web archives: who wrote to whom about what, the text, and the names of what is
 * attached.
 */
export async function parseMail(bytes: Uint8Array): Promise<ParsedDocument> {
  const mails = mailsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const [only] = mails;
  if (mails.length === 1 && only !== undefined) return documentOfMail(only);
  const blocks: Block[] = [];
  const notes = new Set<string>();
  for (const mail of mails) {
    const own = await documentOfMail(mail);
    blocks.push({ kind: 'heading', text: own.title ?? '' });
    blocks.push(...own.blocks.filter(({ text }) => text !== own.title));
    for (const note of own.notes ?? []) notes.add(note);
  }
  return { title: null, blocks, notes: [...notes] };
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

async function documentOfMail(bytes: Uint8Array): Promise<ParsedDocument> {
  const mail = await parse(bytes);
  const html = mail.html === undefined ? undefined : documentOfHtml(mail.html);
  const addressed = [
    ['From', mail.from === undefined ? [] : [mail.from]],
    ['To', mail.to ?? []],
    ['Cc', mail.cc ?? []],
  ] as const;
  const blocks: Block[] = [];
  for (const [name, addresses] of addressed) {
    const text = addresses.map(asText).filter(Boolean).join(', ');
    if (text !== '') blocks.push({ kind: 'text', text: `${name}: ${text}` });
  }
  if (mail.subject !== undefined) blocks.push({ kind: 'heading', text: mail.subject });
  // The same text in both forms, or a plain note beside a page: what the other form lacks is added.
  if (html !== undefined) blocks.push(...html.blocks);
  if (mail.text !== undefined && (html === undefined || html.blocks.length === 0)) {
    blocks.push(...paragraphsOf(mail.text));
  }
  const names = mail.attachments
    .slice(0, maxListedAttachments)
    .map(({ filename }) => filename ?? '')
    .filter((name) => name !== '');
  if (names.length > 0) {
    blocks.push({ kind: 'heading', text: '' }, { kind: 'text', text: names.join(', ') });
  }
  const attached = mail.attachments.filter(({ related }) => related !== true).length;
  return {
    title: mail.subject ?? html?.title ?? null,
    blocks,
    notes: attached === 0 ? [] : ['What is attached to it was left out, but for the names.'],
  };
}

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
