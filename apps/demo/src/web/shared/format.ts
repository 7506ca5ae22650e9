const whole = new Intl.NumberFormat('en');
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const moment = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const clock = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

export const formatCount = (count: number): string => whole.format(count);

// Keeps a figure and its unit on one line.
const space = '\u00a0';

/** '1 document', '2,031 documents'. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${whole.format(count)}${space}${count === 1 ? one : many}`;

/** '14 %', rounded down: nothing is at 100 % before it is done. */
export const formatPercent = (percent: number): string => `${Math.floor(percent)}${space}%`;

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes}${space}B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? oneDigit.format(value) : whole.format(Math.round(value))}${space}${units[unit]}`;
}

/** Of milliseconds: '340 ms', '12 s', '3 min 05 s', '2 h 10 min'. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}${space}ms`;
  if (ms < 10_000) return `${oneDigit.format(ms / 1000)}${space}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}${space}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return `${minutes}${space}min ${String(seconds % 60).padStart(2, '0')}${space}s`;
  return `${Math.floor(minutes / 60)}${space}h ${String(minutes % 60).padStart(2, '0')}${space}min`;
}

/** As `formatDuration`, in whole seconds, for what counts up before one's eyes. */
export const formatElapsed = (ms: number): string =>
  ms < 1000 ? `0${space}s` : formatDuration(Math.floor(ms / 1000) * 1000);

/** A limit in bytes, as the server names it in its refusals. */
export const formatLimit = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${Math.floor(bytes / 2 ** 20)}${space}MB` : formatBytes(bytes);

/** A reason as a sentence: they come in small letters, and without a full stop. */
export function asSentence(text: string): string {
  const [first = '', ...rest] = text;
  return `${first.toUpperCase()}${rest.join('')}${/[.!?…]$/.test(text) ? '' : '.'}`;
}

export const formatDay = (at: number): string => day.format(at);
export const formatMoment = (at: number): string => moment.format(at);
export const formatClock = (at: number): string => clock.format(at);

/** For `<time datetime>`. */
export const isoTime = (at: number): string => new Date(at).toISOString();

/** Enough of a hash or an id to tell it from its neighbours. */
export const shortHash = (hash: string): string => hash.slice(0, 12);

const kinds: Readonly<Record<string, string>> = {
  'application/pdf': 'PDF',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Word',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'PowerPoint',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Excel',
  'application/vnd.oasis.opendocument.text': 'OpenDocument text',
  'application/vnd.oasis.opendocument.spreadsheet': 'OpenDocument sheet',
  'application/vnd.oasis.opendocument.presentation': 'OpenDocument slides',
  'application/epub+zip': 'EPUB',
  'application/vnd.ms-outlook': 'Outlook mail',
  'message/rfc822': 'Mail',
  'multipart/related': 'Web archive',
  'application/rtf': 'Rich Text',
  'text/csv': 'CSV',
  'text/tab-separated-values': 'TSV',
  'application/json': 'JSON',
  'application/jsonl': 'JSON Lines',
  'application/xml': 'XML',
  'text/calendar': 'Calendar',
  'text/vcard': 'Card',
  'application/x-subrip': 'Subtitles',
  'text/vtt': 'Subtitles',
  'text/html': 'HTML',
  'text/markdown': 'Markdown',
  'text/plain': 'Text',
};

/** A media type in a word. */
export const formatKind = (mediaType: string | null): string =>
  mediaType === null ? 'Unreadable' : (kinds[mediaType] ?? mediaType);
