import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSnapshots } from '../corpus/snapshots.ts';
import { eventsIn, runCli } from '../testing/cli.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';
import { type SearchAnswer, search } from './search.ts';

const long = process.env.OFFSTAGE_LONG === '1';
const documents = 6;
/** What the store keeps. */
const retain = 5;

/** A folder whose documents all say which edition they are of. */
function edition(number: number): string {
  const files: Record<string, string> = {};
  for (let index = 0; index < documents; index += 1) {
    files[`${index}.md`] = `# Act ${index}\n\nA seventeen pencils note of edition${number}.\n`;
  }
  return writeFiles(scratch(), files);
}

/** The one edition that an answer is of. */
function editionOf({ hits, metadata }: SearchAnswer): string | undefined {
  const texts = hits.map(({ snippet }) => snippet.map(({ text }) => text).join(''));
  const editions = new Set(texts.map((text) => /edition\d+/.exec(text)?.[0]));
  expect([hits.length, metadata.documents, editions.size]).toEqual([documents, documents, 1]);
  return [...editions][0];
}

describe('search while others ingest', () => {
  test('S8 S10 S12 D4 every answer is of one whole version, and versions only go forward', async () => {
    const data = scratch();
    const first = await runIngest(edition(0), data);
    // Open all the while, so that retention has something to leave alone.
    await using held = await openSnapshots(data).current();

    const wanted = long ? 40 : retain + 3;
    let next = 1;
    let ingesting = 2;
    const published = new Set([first.version]);
    const ingest = async (): Promise<void> => {
      while (published.size < wanted) {
        const folder = edition(next++);
        const { code, stdout } = await runCli('ingest', [folder, '--data', data, '--json']);
        const end = eventsIn(stdout).at(-1);
        if (code === 0) published.add(String(end?.version));
        // Two at once is one too many: the second one says so, and nothing else goes wrong.
        else expect(end).toMatchObject({ event: 'failed', code: 'locked' });
      }
      ingesting -= 1;
    };

    const seen = new Map<string, string | undefined>();
    let answers = 0;
    const note = (answer: SearchAnswer): void => {
      answers += 1;
      const found = editionOf(answer);
      // One version, one edition, whoever asks and whenever.
      expect(found).toBe(seen.get(answer.version) ?? found);
      seen.set(answer.version, found);
    };
    const searchHere = async (): Promise<void> => {
      for (let gen = 0; ingesting > 0; ) {
        const answer = await search(data, 'seventeen pencils', { limit: 100 });
        note(answer);
        expect(answer.gen).toBeGreaterThanOrEqual(gen);
        gen = answer.gen;
      }
    };
    const searchElsewhere = async (): Promise<void> => {
      while (ingesting > 0) {
        const args = ['seventeen pencils', '--data', data, '--limit', '100', '--json'];
        const { code, stdout } = await runCli('search', args);
        expect(code).toBe(0);
        note(JSON.parse(stdout));
      }
    };
    await Promise.all([ingest(), ingest(), searchHere(), searchHere(), searchElsewhere()]);

    expect(seen.size).toBeGreaterThan(1);
    expect(answers).toBeGreaterThan(seen.size);
    for (const version of seen.keys()) expect(published).toContain(version);

    // Retention has run: what is left is what it keeps, and what is open here.
    const listed = (await openSnapshots(data).list()).map(({ version }) => version);
    expect(listed.slice(0, retain).length).toBe(retain);
    expect(held && (await held.verify()).problems).toEqual([]);
    const left = readdirSync(path.join(data, 'snapshots')).filter((name) => /^\d/.test(name));
    expect(left).toContain(held?.version);
    expect(left.length).toBe(retain + 1);
  }, 300_000);
});
