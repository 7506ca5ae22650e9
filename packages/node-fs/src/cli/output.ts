import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command's results go: standard output; and what is said beside them: standard error. */
export interface Output {
  /** Characters in a line of the terminal; without end where there is no terminal. */
  readonly width: number;
  /** Lines for people. */
  print(lines: string | readonly string[]): void;
  /** One JSON document on a line of its own. */
  document(value: unknown): void;
  note(line: string): void;
  /** A line that the next one replaces, on a terminal alone; `undefined` takes it away. */
  status(line: string | undefined): void;
  /** Styled where standard output shows it. */
  style(style: Style, text: string): string;
  /** Aborted when nobody reads standard output any more. */
  readonly gone: AbortSignal;
}

export function processOutput(): Output {
  const { stdout, stderr } = process;
  const gone = new AbortController();
  // `| head` has read enough. That is no failure, and other work goes on.
  stdout.on('error', () => gone.abort());
  stderr.on('error', () => undefined);
  let hasStatus = false;
  const write = (lines: readonly string[]): void => {
    if (gone.signal.aborted || lines.length === 0) return;
    output.status(undefined);
    stdout.write(`${lines.join('\n')}\n`);
  };
  const output: Output = {
    width: stdout.isTTY ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
    print: (lines) => write(typeof lines === 'string' ? [lines] : lines),
    document: (value) => write([JSON.stringify(value)]),
    note(line) {
      output.status(undefined);
      stderr.write(`${line}\n`);
    },
    status(line) {
      if (!stderr.isTTY || (line === undefined && !hasStatus)) return;
      hasStatus = line !== undefined;
      const shown = (line ?? '').slice(0, Math.max(0, (stderr.columns || 80) - 1));
      stderr.write(`\r\u001b[2K${shown}`);
    },
    style: (style, text) => styleText(style, text, { stream: stdout }),
    gone: gone.signal,
  };
  return output;
}
