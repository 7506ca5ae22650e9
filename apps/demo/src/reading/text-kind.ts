import { lengthLine } from './mail-length.ts';
import { packageKinds } from './package-kinds.ts';
import { UnreadableError } from './parsed-document.ts';
import { type MediaType, readableTypes, textTypeByExtension } from './readable-types.ts';
import { textHead } from './text-head.ts';
import { markedEncoding, wideEncoding } from './wide-text.ts';

const mailExtensions = new Set(['.eml', '.emlx', '.mht', '.mhtml', '.mbox', '.msg', '']);

/**
 * What a text is by its own structure; `undefined` where only the name can tell.
 *
 * @throws UnreadableError for what is text in form alone.
 */
export function textKind(bytes: Uint8Array, extension: string): MediaType | undefined {
  const head = headOf(bytes);
  if (isRtf(head, extension)) return readableTypes.rtf;
  if (head.startsWith('%!PS-Adobe')) {
    throw new UnreadableError('unsupported', 'it is a PostScript file, which is not read');
  }
  if (beginsHtml(head)) return readableTypes.html;
  const flat = /<office:document\s[^>]{0,4000}office:mimetype="([\w./+-]+)"/.exec(head)?.[1];
  const openDocument = flat === undefined ? undefined : packageKinds.get(flat);
  if (openDocument !== undefined) return openDocument;
  if (/<w:wordDocument[\s>]|<pkg:package[\s>]/.test(head)) return readableTypes.wordXml;
  const mail = mailKind(extension === '.emlx' ? head.replace(lengthLine, '') : head, extension);
  if (mail !== undefined) return mail;
  if (/^<\?xml\s/.test(head)) return readableTypes.xml;
  if (/^BEGIN:VCALENDAR\s/i.test(head)) return readableTypes.calendar;
  if (/^BEGIN:VCARD\s/i.test(head)) return readableTypes.card;
  if (/^WEBVTT(?:[ \t\r\n]|$)/.test(head)) return readableTypes.webVtt;
  return undefined;
}

function headOf(bytes: Uint8Array): string {
  const encoding = markedEncoding(bytes) ?? wideEncoding(bytes);
  const head = encoding?.startsWith('utf-16')
    ? new TextDecoder(encoding).decode(bytes.subarray(0, 4096), { stream: true })
    : textHead(bytes, 8192).replace(/^\u00ef\u00bb\u00bf/, '');
  return head.trimStart();
}

// A text about RTF may begin with the word; in a document a control word or a group follows.
const isRtf = (head: string, extension: string): boolean =>
  extension === '.rtf' ? head.startsWith('{\\rtf') : /^\{\\rtf\d*\s*[\\{]/.test(head);

/** A document type or the root, after nothing but white space, comments and an XML declaration. */
function beginsHtml(head: string): boolean {
  let at = 0;
  for (;;) {
    while (at < head.length && head.charAt(at).trim() === '') at += 1;
    const end = head.startsWith('<!--', at)
      ? head.indexOf('-->', at + 4)
      : head.startsWith('<?', at)
        ? head.indexOf('>', at)
        : undefined;
    if (end === undefined) return /^<(?:!doctype\s+html|html)[\s>]/i.test(head.slice(at, at + 64));
    // A comment that is longer than what is looked at: the name decides.
    if (end === -1) return false;
    at = head.indexOf('>', end) + 1;
  }
}

const knownFields = new Set(
  `received return-path from to cc subject date message-id mime-version content-type
   content-transfer-encoding delivered-to reply-to sender x-mailer snapshot-content-location`.split(
    /\s+/,
  ),
);

/** Mail and web archives begin with header fields, of which some are known and a blank line ends them. */
function mailKind(head: string, extension: string): MediaType | undefined {
  const isNamedSo = mailExtensions.has(extension);
  const fields = new Map<string, string>();
  let name = '';
  // The separator that a mailbox has before each mail.
  const lines = head.replace(/^From [^\n]*\n/, '').split('\n');
  // The last one may go on behind what is looked at.
  if (lines.length > 1) lines.pop();
  for (const line of lines) {
    if (line.trim() === '') break;
    if (/^[ \t]/.test(line)) {
      fields.set(name, `${fields.get(name) ?? ''} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1 || !/^[!-9;-~]+$/.test(line.slice(0, colon))) return undefined;
    name = line.slice(0, colon).toLowerCase();
    fields.set(name, line.slice(colon + 1).trim());
  }
  const known = [...fields.keys()].filter((field) => knownFields.has(field)).length;
  const isMail = fields.has('mime-version') || fields.has('message-id') || fields.has('received');
  if (known < 2 || !(isMail || isNamedSo) || (!isNamedSo && textTypeByExtension.has(extension))) {
    return undefined;
  }
  const isWebArchive =
    extension.startsWith('.mht') ||
    /^multipart\/related|^text\/html/i.test(fields.get('content-type') ?? '');
  return isWebArchive && !fields.has('to') ? readableTypes.webArchive : readableTypes.mail;
}
