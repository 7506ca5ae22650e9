import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { change } from '../change/change-job.ts';
import { openSnapshots } from '../corpus/snapshots.ts';
import { filesBelow, spawnServer, type Visitor, visit } from '../testing/documents-server.ts';
import { scratch } from '../testing/scratch.ts';

// `npm run crash:documents -w apps/demo`; the suite itself does the same with less of it.
const isLong = process.env.OFFSTAGE_LONG === '1';
const { files: fileCount, kills: killCount } = isLong
  ? { files: 500, kills: 20 }
  : { files: 40, kills: 2 };
const seed = Number(process.env.OFFSTAGE_SEED ?? Date.now() % 1e6);

/** The same numbers for the same seed. */
function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Long enough that parsing them takes a while; each has a word of its own. */
function documents(): Record<string, string> {
  const words = (n: number) =>
    Array.from({ length: isLong ? 4000 : 400 }, (_, at) => `word${(at * 31 + n) % 997}`).join(' ');
  return Object.fromEntries(
    Array.from({ length: fileCount }, (_, n) => [
      `folder ${n % 7}/${n}.md`,
      `# Document ${n}\n\nunique${n}\n\n${words(n)}\n`,
    ]),
  );
}

/** In pieces, since a request takes so many files. */
async function upload(me: Visitor): Promise<string[]> {
  const all = Object.entries(documents());
  const ids: string[] = [];
  for (let at = 0; at < all.length; at += 100) {
    ids.push(...(await me.upload(Object.fromEntries(all.slice(at, at + 100)))));
  }
  return ids;
}

describe.runIf(process.platform !== 'win32')('kill -9', () => {
  test(`D7 K2 S19 killed ${killCount} times at random moments of an ingest of ${fileCount} files, one version holds all (seed ${seed})`, async () => {
    const random = randomOf(seed);
    const data = scratch();
    let server = await spawnServer(data);
    let me = visit(server.url);
    const add = await upload(me);
    const { id: job } = await me.jobs.start(
      change,
      { add, remove: [] },
      { idempotencyKey: 'the one' },
    );
    const { cookie } = me;
    const attempts: number[] = [];
    for (let kill = 0; kill < killCount; kill += 1) {
      await after(random() * (isLong ? 900 : 300));
      server.running.process.kill('SIGKILL');
      await server.running.ended;
      server = await spawnServer(data);
      me = visit(server.url);
      me.cookie = cookie;
      const now = await me.jobs.get(job);
      attempts.push(now?.attempt ?? 0);
    }
    const again = await me.jobs.start(change, { add, remove: [] }, { idempotencyKey: 'the one' });
    expect(again.id).toBe(job);
    const end = await me.jobs.wait(job);
    expect(end).toMatchObject({
      status: 'succeeded',
      result: { published: true, gen: 1, documents: fileCount, failed: 0, added: fileCount },
    });
    // The number of an attempt is kept before it runs.
    expect(attempts).toEqual([...attempts].sort((a, b) => a - b));

    expect(await me.api.versions()).toMatchObject([{ gen: 1, documents: fileCount }]);
    const { documents: listed } = await me.api.documents({ limit: 1000 });
    expect(listed.map(({ name }) => name).sort()).toEqual(Object.keys(documents()).sort());
    for (const n of [0, Math.floor(fileCount / 2), fileCount - 1]) {
      expect((await me.api.search(`unique${n}`)).hits).toHaveLength(1);
    }
    const { pending, busy } = await me.api.corpus();
    expect([pending, busy]).toEqual([[], null]);
    const { versions } = await openSnapshots(data).verify();
    expect(versions.map(({ problems }) => problems)).toEqual([[]]);
    // Nothing is left of what it took.
    expect(filesBelow(path.join(data, 'staging'))).toEqual([]);
    expect(readdirSync(data)).not.toContain('parsed');
    const drafts = readdirSync(path.join(data, 'snapshots')).filter((name) => name.startsWith('_'));
    expect(drafts).toEqual([]);
  }, 600_000);
});
