import { decodeText } from './decode-text.ts';
import type { Block, ParsedDocument } from './parsed-document.ts';

/** Of use to programs, and shown by none. */
const unseen = new Set(
  `begin end version prodid uid rev method calscale dtstamp sequence transp created last-modified tzid
   tzoffsetfrom tzoffsetto photo logo key sound class status priority source x-wr-timezone rrule trigger action`.split(
    /\s+/,
  ),
);

/** Calendars and cards (RFC 5545, RFC 6350): what their lines say, each event or person a passage. */
export async function parseContentLines(bytes: Uint8Array): Promise<ParsedDocument> {
  return { title: null, blocks: blocksOfContentLines(await decodeText(bytes)) };
}

export function blocksOfContentLines(source: string): readonly Block[] {
  const blocks: Block[] = [];
  let values: string[] = [];
  const end = (): void => {
    if (values.length > 0) blocks.push({ kind: 'record', text: values.join('\n') });
    values = [];
  };
  for (const line of unfolded(source)) {
    const found = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)$/s.exec(line);
    const [, name = '', parameters = '', written = ''] = found ?? [];
    if (/^(?:BEGIN|END)$/i.test(name) && !/^VALARM$/i.test(written)) end();
    if (unseen.has(name.toLowerCase()) || /ENCODING=(?:b|BASE64)\b/i.test(parameters)) continue;
    const named = /;CN="?([^";]*)/i.exec(parameters)?.[1] ?? '';
    const value = shownValue(written, parameters, name);
    const text = [named, value].filter((part) => part.trim() !== '').join(' ');
    if (text !== '') values.push(text);
  }
  end();
  return blocks;
}

/** A line that begins with a blank goes on, and so does one of vCard 2.1 that ends with `=`. */
function unfolded(source: string): string[] {
  const lines: string[] = [];
  let pieces: string[] = [];
  let isQuoted = false;
  let isSoft = false;
  for (const line of source.replace(/^\ufeff/, '').split(/\r\n|[\r\n]/)) {
    if (!isSoft && !/^[ \t]/.test(line)) {
      lines.push(pieces.join(''));
      pieces = [];
      isQuoted = /^[^:]{0,200}QUOTED-PRINTABLE/i.test(line);
    }
    const own: string = isSoft || pieces.length === 0 ? line : line.slice(1);
    isSoft = isQuoted && own.endsWith('=');
    pieces.push(isSoft ? own.slice(0, -1) : own);
  }
  return [...lines, pieces.join('')];
}

const isStructured = /^(?:n|adr|org)$/i;
const isTime = /^(?:dtstart|dtend|due|bday|anniversary|completed)$/i;

function shownValue(written: string, parameters: string, name: string): string {
  const value = /QUOTED-PRINTABLE/i.test(parameters) ? quotedPrintable(written) : written;
  if (isTime.test(name)) {
    return value.replace(/^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d*Z?)?$/, (...found) => {
      const [, year, month, day, hour, minute] = found;
      return `${year}-${month}-${day}${hour === undefined ? '' : ` ${hour}:${minute}`}`;
    });
  }
  const parted = isStructured.test(name) ? value.replace(/(?<!\\);/g, ' ') : value;
  return parted.replace(/\\([nN])/g, '\n').replace(/\\([\\,;])/g, '$1');
}

const quotedPrintable = (text: string): string =>
  Buffer.from(
    Buffer.from(text)
      .toString('latin1')
      .replace(/=([\dA-F]{2})/gi, (_all, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      ),
    'latin1',
  ).toString('utf8');
