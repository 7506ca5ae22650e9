/** What one server-sent event says. */
export interface ServerEvent {
  /** Empty where the event has no name. */
  readonly event: string;
  readonly data: string;
}

// Far over any hint; what grows beyond it is no stream of ours.
const maxChars = 1_000_000;

/**
 * Takes the text of server-sent events as it comes, in any pieces, and calls `onEvent` for each whole
 * event that has data. Ids and `retry` are passed over: hints have no cursor.
 *
 * By hand, as a parser of the whole standard would be a third of what the stream loads.
 *
 * @throws RangeError when an event has no end.
 */
export function eventLines(onEvent: (event: ServerEvent) => void): (text: string) => void {
  let rest = '';
  let name = '';
  let data: string[] = [];
  let isFirst = true;
  const take = (line: string): void => {
    if (line === '') {
      const event = { event: name, data: data.join('\n') };
      const isWhole = data.length > 0;
      name = '';
      data = [];
      if (isWhole) onEvent(event);
      return;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  };
  return (text) => {
    if (isFirst && text !== '') {
      isFirst = false;
      rest = text.replace(/^\uFEFF/, '');
    } else rest += text;
    // A "\r" at the end may be the first half of a "\r\n".
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (rest.length + data.join('').length > maxChars) throw new RangeError('An event has no end.');
  };
}
