import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openSnapshots } from '../corpus/snapshots.ts';
import { search } from '../search/search.ts';
import { eventsIn, runCli, startCli } from '../testing/cli.ts';
import { runIngest } from '../testing/ingest.ts';
import { corpus, endlessMarkdown, scratch, writeFiles } from '../testing/scratch.ts';

const long = process.env.OFFSTAGE_LONG === '1';

/** Some hundred documents, so that there is something to interrupt. */
function manyDocuments(): string {
  const files: Record<string, string> = {};
  for (let n = 0; n < 400; n += 1) {
    files[`${n}.md`] = `# Note ${n}\n\n${`The seventeen pencils of note ${n}. `.repeat(100)}`;
  }
  return writeFiles(scratch(), files);
}

/** The current version answers whole, whichever of the two it is. */
async function expectWhole(data: string): Promise<string> {
  const { version, metadata, hits } = await search(data, 'seventeen pencils', { limit: 100 });
  expect([11, 400]).toContain(metadata.documents);
  expect(hits.length).toBe(metadata.documents === 11 ? 1 : 100);
  await using current = await openSnapshots(data).current();
  expect(current?.version).toBe(version);
  return version;
}

async function expectNextIngestWorks(data: string): Promise<void> {
  const { code, stdout } = await runCli('ingest', [corpus, '--data', data, '--json']);
  expect(code).toBe(0);
  expect(await expectWhole(data)).toBe(eventsIn(stdout).at(-1)?.version);
  expect(readdirSync(path.join(data, 'snapshots')).filter((name) => name.startsWith('_'))).toEqual(
    [],
  );
}

describe.runIf(process.platform !== 'win32')('kill -9', () => {
  test.each([
    ['once it has started', '"event":"started"'],
    ['in parse', '"phase":"parse"'],
    ['when it has closed the index', '"phase":"index"'],
    ['once it is published', '"phase":"done"'],
  ])(
    'D7 D9 S15 %s: search answers from a whole version, and the next ingest works',
    async (_name, mark) => {
      const data = scratch();
      const { version } = await runIngest(corpus, data);
      const cli = startCli('ingest', [manyDocuments(), '--data', data, '--json']);
      await cli.line((line) => line.includes(mark));
      cli.process.kill('SIGKILL');
      expect((await cli.ended).signal ?? 'ended').toMatch(/SIGKILL|ended/);
      const now = await expectWhole(data);
      if (mark.includes('started')) expect(now).toBe(version);
      await expectNextIngestWorks(data);
    },
  );

  test('D7 S15 at random moments', async () => {
    const data = scratch();
    await runIngest(corpus, data);
    const folder = manyDocuments();
    for (let round = 0; round < (long ? 20 : 3); round += 1) {
      const cli = startCli('ingest', [folder, '--data', data, '--json']);
      // No moment is the wrong one: whatever it interrupts, what is current is whole.
      await Promise.race([delay(300 + Math.random() * 1500), cli.ended]);
      cli.process.kill('SIGKILL');
      await cli.ended;
      await expectWhole(data);
    }
    await expectNextIngestWorks(data);
  }, 300_000);

  test.runIf(process.platform === 'linux')(
    'D6 D7 leaves no parser behind, even one that hangs',
    async () => {
      const folder = writeFiles(scratch(), { 'a.md': 'first', 'b.md': endlessMarkdown });
      const cli = startCli('ingest', [folder, '--data', scratch(), '--json']);
      await cli.line((line) => line.includes('"phase":"parse"'));
      const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(cli.process.pid)])
        .toString()
        .trim()
        .split(/\s+/)
        .map(Number);
      expect(children).toHaveLength(1);
      cli.process.kill('SIGKILL');
      await cli.ended;
      await expect.poll(() => children.filter(isAlive)).toEqual([]);
    },
  );
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
