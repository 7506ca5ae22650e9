import { appendFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { search } from '../search/search.ts';
import { eventsIn, startCli } from '../testing/cli.ts';
import { endlessMarkdown, scratch, writeFiles } from '../testing/scratch.ts';

const posix = process.platform !== 'win32';

/** Watches a folder as `npm run ingest -- <folder> --watch --json` does. */
function watching(folder: string, data: string) {
  const cli = startCli('ingest', [folder, '--data', data, '--watch', '--json']);
  return {
    cli,
    /** Resolves when an event with these fields was printed. */
    prints: (fields: Readonly<Record<string, unknown>>) =>
      cli.line((line) => {
        const event: Record<string, unknown> = JSON.parse(line);
        return Object.entries(fields).every(([name, value]) => event[name] === value);
      }),
  };
}

test.runIf(posix)(
  'D9 --watch publishes what is added, moved and removed, and outlives its folder',
  async () => {
    const folder = path.join(scratch(), 'watched');
    writeFiles(folder, { 'a.md': 'first' });
    const data = scratch();
    const { cli, prints } = watching(folder, data);
    await prints({ event: 'published', gen: 1, documents: 1 });
    writeFiles(folder, { 'new/b.md': 'second' });
    await prints({ event: 'published', gen: 2, added: 1, parsed: 1 });
    renameSync(path.join(folder, 'new/b.md'), path.join(folder, 'c.md'));
    await prints({ event: 'published', gen: 3, moved: 1, parsed: 0 });

    // Renamed or unmounted: what was published stays, and it goes on when the folder is there again.
    renameSync(folder, `${folder}-elsewhere`);
    await prints({ event: 'failed', code: 'folder_not_found' });
    expect((await search(data, 'second')).hits[0]?.path).toBe('c.md');
    mkdirSync(folder);
    await prints({ event: 'failed', code: 'no_documents' });
    writeFiles(folder, { 'c.md': 'second' });
    await prints({ event: 'published', gen: 4, removed: 1, parsed: 0 });

    cli.process.kill('SIGINT');
    const { code, stdout } = await cli.ended;
    expect(code).toBe(0);
    expect(eventsIn(stdout).at(-1)).toEqual({ event: 'ended' });
  },
);

test.runIf(posix)(
  'D9 --watch leaves a file that is being written to as it is known, and takes the others',
  async () => {
    const folder = writeFiles(scratch(), { 'a.md': 'first', 'log.txt': 'one' });
    const data = scratch();
    const { cli, prints } = watching(folder, data);
    await prints({ event: 'published', gen: 1, documents: 2 });
    const writer = setInterval(() => appendFileSync(path.join(folder, 'log.txt'), ' more'), 100);
    onTestFinished(() => clearInterval(writer));
    writeFiles(folder, { 'b.md': 'beside it' });
    await prints({ event: 'published', gen: 2, added: 1, changed: 0 });
    clearInterval(writer);
    await prints({ event: 'published', gen: 3, changed: 1 });
    cli.process.kill('SIGTERM');
    expect((await cli.ended).code).toBe(0);
  },
);

test.runIf(posix)(
  'D9 D3 Ctrl-C cancels the ingest that is under way: nothing is published, exit 130',
  async () => {
    const folder = writeFiles(scratch(), { 'a.md': 'first', 'b.md': endlessMarkdown });
    const data = scratch();
    const { cli, prints } = watching(folder, data);
    await prints({ event: 'progress', phase: 'parse' });
    cli.process.kill('SIGINT');
    const { code, stdout } = await cli.ended;
    expect(code).toBe(130);
    expect(eventsIn(stdout).slice(-3)).toEqual([
      { event: 'canceling' },
      { event: 'canceled', current: null },
      { event: 'ended' },
    ]);
    rmSync(folder, { recursive: true, force: true });
  },
);
