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
    for (const said of saidIn(cue)) {
      const text = withoutMarkup(said.join('\n'));
      if (text.trim() !== '') blocks.push({ kind: 'text', text });
    }
  }
  return { title, blocks };
}

/** What is said after each line of times; what stands before those is the cue's number or name. */
function saidIn(cue: readonly string[]): string[][] {
  const said: string[][] = [[]];
  let isTimed = false;
  for (const line of cue) {
    const last = said.at(-1) ?? [];
    if (!timing.test(line)) last.push(line);
    else if (!isTimed) said[0] = [];
    else {
      // Where no blank line parts two cues, the number of the second one ends the first one.
      if (/^\s*\d+\s*$/.test(last.at(-1) ?? '')) last.pop();
      said.push([]);
    }
    isTimed ||= timing.test(line);
  }
  return said;
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
      // Drawings are made of letters and numbers.
      .replace(/\{[^{}]*\\p[1-9][^{}]*\}[^{]*/g, '')
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
