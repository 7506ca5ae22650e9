import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotStore } from '@offstage/core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { nodeStorage } from './node-storage.ts';
import { Turns } from './turns.ts';

test('S3 however many calls are asked for at once, no turn has more than some', async () => {
  const turns = new Turns();
  const calls: number[] = [0];
  let isOver = false;
  const count = (): void => {
    calls.push(0);
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(
    Array.from({ length: 300 }, async () => {
      await turns.take();
      calls[calls.length - 1] = (calls.at(-1) ?? 0) + 1;
    }),
  );
  isOver = true;
  expect(calls.reduce((sum, made) => sum + made, 0)).toBe(300);
  expect(Math.max(...calls)).toBeLessThanOrEqual(32);
});

test('S3 a draft that takes over many files leaves turns to others meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offstage-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = new SnapshotStore({ storage: nodeStorage(folder), metadata: z.null() });
  const names = Array.from({ length: 1600 }, (_, number) => `folder/${number}`);
  await using first = await store.begin();
  for (const name of names) writeFileSync(first.path(name), name);
  await first.finalize(null);
  await using base = await store.current();
  if (base === undefined) throw new Error('Nothing is published.');
  await using draft = await store.begin();
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await draft.copyFrom(base, names);
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(50);
  await draft.finalize(null);
  await using current = await store.current();
  expect((await current?.verify())?.problems).toEqual([]);
});
