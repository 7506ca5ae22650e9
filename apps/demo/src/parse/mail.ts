import PostalMime, { type Address, type Email } from 'postal-mime';
import { documentOfHtml } from './html.ts';
import { type Block, type ParsedDocument, UnreadableError } from './parsed-document.ts';
import { paragraphsOf } from './text.ts';

const maxNesting = 64;
const maxListedAttachments = 1000;

/** Mail and web archives: who wrote to whom about what, the text, and the names of what is attached. */
export async function parseMail(bytes: Uint8Array): Promise<ParsedDocument> {
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
