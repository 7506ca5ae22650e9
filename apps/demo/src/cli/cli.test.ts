import { readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventsIn, runCli, startCli, startScript } from '../testing/cli.ts';
import { corpus, endlessMarkdown, scratch, writeFiles } from '../testing/scratch.ts';

const posix = process.platform !== 'win32';
const isParsing = (line: string): boolean => line.includes('"phase":"parse"');
const left = (data: string): string[] => readdirSync(path.join(data, 'snapshots')).sort();

/** A folder at whose second file the parser stays for minutes. */
const endlessFolder = (): string =>
  writeFiles(scratch(), { 'a.md': 'first', 'b.md': endlessMarkdown });

test('D9 an ingest of the shipped corpus exits 0, and a search finds a sentence of its PDF', async () => {
  const data = scratch();
  const ingest = await runCli('ingest', [corpus, '--data', data]);
  expect(ingest).toMatchObject({ code: 0, signal: null });
  expect(ingest.stdout).toMatch(/^Published version 1-\w+\n {2}11 documents, \d+ passages, /);
  expect(ingest.stdout).toContain(
    '  1 file left out:\n    torn-programme.pdf: it is not a whole PDF\n',
  );
  expect(ingest.stdout).toContain('Search it: npm run search -- "words" --data');
  expect(ingest.stderr).toMatch(/parse +\d+% {2}\d+ of 12 files/);

  const search = await runCli('search', ['seventeen pencils', '--data', data]);
  expect(search.code).toBe(0);
  expect(search.stdout).toMatch(
    /^seventeen pencils: 1 document \(1 passage\) in version 1-\w+ \(11 documents\)/,
  );
  expect(search.stdout).toContain('locked in 1931 with seventeen pencils in it');
  expect(search.stdout).not.toContain('Stale');

  const json = await runCli('search', ['seventeen pencils', '--json', '--data', data]);
  expect(JSON.parse(json.stdout)).toMatchObject({ gen: 1, hits: [{ path: 'prompt-corner.pdf' }] });
});

test('D9 an ingest again reads what has changed, and says what it found', async () => {
  const data = scratch();
  const folder = writeFiles(scratch(), {
    'a.md': 'one',
    'b.md': 'two',
    'c.md': 'three',
    'd.md': '',
  });
  expect((await runCli('ingest', [folder, '--data', data])).stdout).not.toContain('unchanged');
  const same = await runCli('ingest', [folder, '--data', data]);
  expect(same.code).toBe(0);
  expect(same.stdout).toMatch(
    /^Nothing has changed: 4 files in [\d.]+ s; version 1-\w+ stays the current one\.$/,
  );
  const checked = await runCli('ingest', [folder, '--data', data, '--checksum', '--json']);
  expect(eventsIn(checked.stdout).at(-1)).toMatchObject({ event: 'unchanged', gen: 1, parsed: 0 });
  rmSync(path.join(folder, 'b.md'));
  writeFiles(folder, { 'c.md': 'three and more', 'e.md': 'five' });
  const changed = await runCli('ingest', [folder, '--data', data]);
  expect(changed.stdout).toMatch(/^Published version 2-/);
  expect(changed.stdout).toContain('\n  4 files: 1 added, 1 changed, 2 unchanged; 1 removed\n');
  expect(changed.stdout).toContain('\n  1 file left out:\n    d.md: it is empty\n');
});

test.runIf(posix)(
  "D12 a data folder that is first made in the terminal is its owner's alone",
  async () => {
    const data = path.join(scratch(), 'deep', 'data');
    const folder = writeFiles(scratch(), { 'a.md': 'text' });
    expect((await runCli('ingest', [folder, '--data', data])).code).toBe(0);
    for (const made of [data, path.dirname(data)]) {
      expect([made, statSync(made).mode & 0o777]).toEqual([made, 0o700]);
    }
  },
);

test('D9 --json prints events as lines, and the last one says how it ended', async () => {
  const { code, stdout, stderr } = await runCli('ingest', [corpus, '--data', scratch(), '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = eventsIn(stdout);
  expect(events[0]).toMatchObject({ event: 'started', jobId: expect.any(String) });
  const phases = new Set(events.flatMap(({ phase }) => (phase === undefined ? [] : [phase])));
  expect([...phases]).toEqual(['scan', 'parse', 'index', 'snapshot', 'done']);
  expect(events.at(-1)).toMatchObject({ event: 'published', documents: 11, failed: 1, gen: 1 });
});

describe('bad input', () => {
  test.each<[string, string[], string]>([
    ['no folder', [], 'Name the folder to ingest.'],
    ['two folders', ['a', 'b'], 'Name one folder'],
    ['an unknown option', ['a', '--frobnicate'], "Unknown option '--frobnicate'"],
    ['an empty data folder', ['a', '--data', ''], '--data takes a folder.'],
    ['a limit that is no number', ['a', '--file-timeout', 'soon'], '--file-timeout takes a number'],
  ])('D9 %s exits 1 and prints the usage', async (_name, args, message) => {
    const { code, stdout, stderr } = await runCli('ingest', args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('Usage: npm run ingest -- <folder>');
  });

  test('D9 search without words, or with a bad limit, exits 1', async () => {
    const none = await runCli('search', []);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('Usage: npm run search');
    expect((await runCli('search', ['x', '--limit', '0'])).stderr).toContain('--limit takes');
  });

  test('D9 --help exits 0', async () => {
    const { code, stdout } = await runCli('ingest', ['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes: 0 published, 1 failed, 130 canceled.');
  });

  test('D9 a missing folder exits 1 and says so', async () => {
    const folder = path.join(scratch(), 'missing');
    const { code, stderr } = await runCli('ingest', [folder, '--data', scratch()]);
    expect(code).toBe(1);
    expect(stderr).toContain('Failed: There is no such folder. [folder_not_found');
  });

  test('D9 a search before the first ingest exits 1 and says so', async () => {
    const { code, stderr } = await runCli('search', ['x', '--data', scratch()]);
    expect(code).toBe(1);
    expect(stderr).toContain('Nothing is published here yet. Run an ingest first. [no_snapshot]');
  });

  test.runIf(posix)('D9 names of files never reach the terminal as commands', async () => {
    const folder = writeFiles(scratch(), {
      'good \u001b[2J🎭\n.md': '# \u001b[31mTitle\n\nunmistakable \u001b[2J words',
      'bad \u001b]0;owned\u0007\u202e.md': '',
    });
    symlinkSync('x', path.join(folder, 'link\r'));
    const data = scratch();
    const ingest = await runCli('ingest', [folder, '--data', data]);
    const search = await runCli('search', ['unmistakable', '--data', data]);
    for (const text of [ingest.stdout, ingest.stderr, search.stdout, search.stderr]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    expect(ingest.stdout).toContain('bad \\x1b]0;owned\\x07\\u{202e}.md: it is empty');
    expect(search.stdout).toContain('good \\x1b[2J🎭\\n.md');
  });
});

describe.runIf(posix)('signals', () => {
  test('D9 D3 Ctrl-C cancels an ingest whose parser hangs: nothing is published, exit 130', async () => {
    const data = scratch();
    const first = await runCli('ingest', [corpus, '--data', data, '--json']);
    const version = String(eventsIn(first.stdout).at(-1)?.version);
    const before = left(data);

    const cli = startCli('ingest', [endlessFolder(), '--data', data, '--json']);
    await cli.line(isParsing);
    cli.process.kill('SIGINT');
    const { code, signal, stdout } = await cli.ended;
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(eventsIn(stdout).slice(-2)).toEqual([
      { event: 'canceling' },
      { event: 'canceled', current: version },
    ]);
    expect(left(data)).toEqual(before);
  });

  test('D9 the copies of one Ctrl-C that npm and launchers pass on are one', async () => {
    const cli = startCli('ingest', [endlessFolder(), '--data', scratch(), '--json']);
    await cli.line(isParsing);
    // The system merges equal signals that wait, so one copy is of another kind; whichever it delivers
    // first names the exit code.
    for (const copy of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) cli.process.kill(copy);
    const { code, stdout } = await cli.ended;
    expect(code).toBeOneOf([130, 143]);
    expect(eventsIn(stdout).at(-1)).toEqual({ event: 'canceled', current: null });
  });

  test('D9 a second Ctrl-C ends a process at once that is still stopping, exit 130', async () => {
    const cli = startScript(new URL('../testing/stubborn-cli.ts', import.meta.url));
    await cli.line((line) => line === 'ready');
    cli.process.kill('SIGINT');
    await cli.line((line) => line === 'still at it');
    cli.process.kill('SIGINT');
    expect(await cli.ended).toMatchObject({
      code: 130,
      stdout: 'ready\ncanceling\nstill at it\nended at once',
    });
  });

  test('D9 people are told that it is canceling, and that nothing was published', async () => {
    const cli = startCli('ingest', [endlessFolder(), '--data', scratch()]);
    await new Promise<void>((resolve) => {
      cli.process.stderr?.on('data', (text: string) => {
        if (text.includes('parse')) resolve();
      });
    });
    cli.process.kill('SIGINT');
    const { code, stdout, stderr } = await cli.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(
      /canceling… \(Ctrl-C again stops at once\)\nCanceled\. Nothing was published\.\n$/,
    );
  });

  test('D9 SIGTERM cancels as well, with its own exit code', async () => {
    const cli = startCli('ingest', [endlessFolder(), '--data', scratch(), '--json']);
    await cli.line(isParsing);
    cli.process.kill('SIGTERM');
    expect(await cli.ended).toMatchObject({ code: 143, signal: null });
  });

  test('D9 S7 a second ingest on the same data folder exits 1 and says who must wait', async () => {
    const data = scratch();
    const first = startCli('ingest', [endlessFolder(), '--data', data, '--json']);
    await first.line(isParsing);
    const second = await runCli('ingest', [corpus, '--data', data, '--json']);
    expect(second.code).toBe(1);
    expect(eventsIn(second.stdout).at(-1)).toMatchObject({
      event: 'failed',
      code: 'locked',
      message: expect.stringContaining('Another ingest is writing to this data folder.'),
    });
    first.process.kill('SIGINT');
    expect((await first.ended).code).toBe(130);
    expect((await runCli('ingest', [corpus, '--data', data])).code).toBe(0);
  });
});
