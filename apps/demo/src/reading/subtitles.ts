import { decodeText } from './decode-text.ts';
import { htmlText } from './html-blocks.ts';
import type { Block, ParsedDocument } from './parsed-document.ts';

const timing = /^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->/;

/** SubRip, WebVTT and SubStation Alpha: what is said, without its times; notes and styles of WebVTT are not said. */
export async function parseSubtitles(bytes: Uint8Array): Promise<ParsedDocument> {
  const source = (await decodeText(bytes)).replace(/^\ufeff/, '');
  if (/^\s*\[Script Info\]/i.test(source)) return parseStation(source);
  const blocks: Block[] = [];
  let title: string | null = null;
  for (const [index, cue] of cuesOf(source).entries()) {
    const [first = ''] = cue;
    if (index === 0 && first.startsWith('WEBVTT')) {
      title = first.slice('WEBVTT'.length).replace(/^[\s-]+/, '') || null;
      continue;
    }
    if (/^(?:STYLE|REGION|NOTE)(?:\s|$)/.test(first)) continue;
    const at = cue.findIndex((line) => timing.test(line));
    // What stands before the times is the cue's number or name.
    const text = withoutMarkup(cue.slice(at + 1).join('\n'));
    if (text.trim() !== '') blocks.push({ kind: 'text', text });
  }
  return { title, blocks };
}

/** SubStation Alpha: what its lines of dialogue say, and who says it. */
function parseStation(source: string): ParsedDocument {
  const blocks: Block[] = [];
  let columns: string[] = [];
  let title: string | null = null;
  for (const line of source.split(/\r\n|[\r\n]/)) {
    const [, name = '', value = ''] = /^(Title|Format|Dialogue):\s*(.*)$/.exec(line) ?? [];
    if (name === 'Title') title = value.trim() || null;
    if (name === 'Format') columns = value.split(',').map((column) => column.trim());
    if (name !== 'Dialogue') continue;
    const fields = value.split(',');
    const at = columns.length > 0 ? columns.length - 1 : 9;
    const speaker = fields[columns.indexOf('Name')]?.trim() ?? '';
    const said = fields
      .slice(at)
      .join(',')
      .replace(/\{[^{}]*\}/g, '')
      .replace(/\\[Nnh]/g, ' ');
    if (said.trim() === '') continue;
    blocks.push({ kind: 'text', text: speaker === '' ? said : `${speaker}: ${said}` });
  }
  return { title, blocks };
}

function cuesOf(source: string): string[][] {
  const cues: string[][] = [];
  let cue: string[] = [];
  for (const line of [...source.split(/\r\n|[\r\n]/), '']) {
    if (line.trim() !== '') cue.push(line);
    else if (cue.length > 0) {
      cues.push(cue);
      cue = [];
    }
  }
  return cues;
}

/** Names of speakers stay: `<v Ann>` is how WebVTT says who speaks. */
function withoutMarkup(text: string): string {
  const plain = text.replace(/\{\\[^{}]*\}/g, '').replace(/<v(?:\.[\w.]*)?\s([^<>]*)>/g, '$1: ');
  if (!plain.includes('<') && !plain.includes('&')) return plain;
  return htmlText(plain)
    .blocks.map((block) => block.text)
    .join(' ');
}
