import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SnapshotStore } from '@offstage/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { nodeStorage } from './node-storage.ts';

const fixture = fileURLToPath(new URL('../fixtures/publish-until-killed.ts', import.meta.url));

test('S4 S15 a publish killed at any moment leaves the old version or the new one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  const store = new SnapshotStore({
    storage: nodeStorage(folder),
    metadata: z.object({ text: z.string() }),
    retain: 1,
  });
  const current = async (): Promise<string | undefined> => {
    await using version = await store.current();
    if (version === undefined) return undefined;
    const { text } = version.metadata;
    expect(await new Response(await version.open('a.txt')).text()).toBe(text);
    expect(readFileSync(version.path('native/b.bin'), 'utf8')).toBe(text.repeat(10_000));
    return text;
  };

  let last: string | undefined;
  let kills = 0;
  const outcomes = new Set<string>();
  // Every third operation, from one that is different in each round, to keep the test short.
  for (let killAt = 0; ; killAt += 3) {
    const text = `version ${killAt}`;
    const child = spawnSync(
      process.execPath,
      ['--conditions=@offstage/source', fixture, folder, text, String(killAt)],
      { encoding: 'utf8' },
    );
    expect(child.stderr).toBe('');
    const found = await current();
    if (child.signal === null) {
      expect([child.stdout, found]).toEqual(['published\n', text]);
      break;
    }
    kills += 1;
    expect(child.signal).toBe('SIGKILL');
    expect([last, text]).toContain(found);
    outcomes.add(found === text ? 'new' : 'old');
    last = found;
    await store.recover();
    expect(await current()).toBe(found);
    const debris = readdirSync(folder).filter((name) => name.startsWith('_'));
    expect(debris).toEqual([]);
  }
  expect(kills).toBeGreaterThanOrEqual(10);
  expect([...outcomes].sort()).toEqual(['new', 'old']);
  rmSync(folder, { recursive: true });
});
