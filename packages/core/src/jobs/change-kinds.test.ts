import { expect, test } from 'vitest';
import { settle } from '../testing/simulated-clock.ts';
import type { ChangeKind } from './job-client.ts';
import { plain, stage } from './job-manager.test-support.ts';

test('F7 a hint says whether a job progressed or changed, and a change goes before', async () => {
  const { alice, executor } = stage();
  const hints: (ChangeKind | undefined)[] = [];
  const stop = alice.watch?.(undefined, (_id, kind) => void hints.push(kind));
  const told = async (): Promise<(ChangeKind | undefined)[]> => {
    await settle();
    return hints.splice(0);
  };
  const { id } = await alice.start(plain, 1);
  expect(await told()).toEqual(['change']);
  const run = executor.runOf(id);
  run.report();
  run.report();
  expect(await told()).toEqual(['progress']);
  run.drop();
  expect(await told()).toEqual(['progress']);
  await alice.cancel(id);
  expect(await told()).toEqual(['change']);
  run.report();
  run.obey();
  expect(await told()).toEqual(['change']);
  await alice.consume(id);
  expect(await told()).toEqual(['change']);
  stop?.();
});

test('F7 a version changes with every change, and not with progress', async () => {
  const { alice, bob, executor, manager } = stage();
  const versions = new Set<string | undefined>();
  const isNew = (): boolean => {
    const { size } = versions;
    versions.add(alice.version);
    return versions.size > size;
  };
  const { id } = await alice.start(plain, 1);
  expect(isNew()).toBe(true);
  executor.runOf(id).report();
  expect(isNew()).toBe(false);
  await bob.start(plain, 1);
  expect(isNew()).toBe(false);
  await alice.cancel(id);
  expect(isNew()).toBe(true);
  executor.runOf(id).obey();
  expect(isNew()).toBe(true);
  const lease = manager.enterForeground();
  expect(isNew()).toBe(true);
  lease.release();
  expect(isNew()).toBe(true);
  await alice.consume(id);
  expect(isNew()).toBe(true);
  await alice.start(plain, 1);
  expect(isNew()).toBe(true);
  expect(JSON.stringify(alice)).toBe('{}');
});
