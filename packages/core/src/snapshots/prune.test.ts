import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { settle } from '../testing/index.ts';
import { type MemoryStorage, memoryStorage } from '../testing/memory-storage.ts';
import { simulatedClock } from '../testing/simulated-clock.ts';
import { asyncDispose } from './async-dispose.ts';
import { SnapshotStore, type SnapshotStoreOptions } from './store.ts';

const schema = z.object({ text: z.string() });
const storeOn = (
  storage: MemoryStorage,
  options: Partial<SnapshotStoreOptions<typeof schema>> = {},
) => new SnapshotStore({ storage, metadata: schema, retain: 100, lockTimeoutMs: 0, ...options });

async function publish(store: SnapshotStore<typeof schema>, text: string): Promise<string> {
  await using draft = await store.begin();
  await draft.write('text.txt', text);
  return (await draft.finalize({ text })).version;
}

async function withVersions(count: number) {
  const disk = memoryStorage();
  const store = storeOn(disk);
  const names: string[] = [];
  for (let n = 1; n <= count; n += 1) names.push(await publish(store, `text ${n}`));
  return { disk, store, names };
}

const gensOf = async (store: SnapshotStore<typeof schema>): Promise<readonly number[]> =>
  (await store.list()).map(({ gen }) => gen);

describe('prune', () => {
  test('S12 it keeps the current version and the newest, and the generation stays', async () => {
    const { disk, store, names } = await withVersions(5);
    const cleanup = await store.prune({ retain: 2 });
    expect([...cleanup.removed].sort()).toEqual(names.slice(0, 3));
    expect(cleanup.failed).toEqual([]);
    expect(await gensOf(store)).toEqual([5, 4]);
    expect((await disk.names()).toSorted()).toEqual(names.slice(3));
    expect((await store.verify()).ok).toBe(true);
    expect(await publish(store, 'next')).toMatch(/^6-/);
  });

  test('S12 it keeps what is young, and what is leased through another handle', async () => {
    const clock = simulatedClock();
    const disk = memoryStorage();
    const store = storeOn(disk, { clock });
    await publish(store, 'leased');
    await publish(store, 'old');
    await clock.advance(60_000);
    await publish(store, 'young');
    await publish(store, 'current');
    const leased = await storeOn(disk.another()).open(1);
    await store.prune({ retain: 1, minAgeMs: 60_000 });
    expect(await gensOf(store)).toEqual([4, 3, 1]);
    await leased[asyncDispose]();
    await store.prune({ retain: 1 });
    expect(await gensOf(store)).toEqual([4]);
  });

  test('S11 S12 after a rollback it never removes the content that is current', async () => {
    const { store, disk, names } = await withVersions(3);
    await store.rollback(1);
    await store.prune({ retain: 1 });
    expect(await gensOf(store)).toEqual([4, 1]);
    expect(await disk.names()).toEqual([names[0]]);
    await using current = await store.current();
    expect(current?.metadata).toEqual({ text: 'text 1' });
  });

  test('S12 S13 a watcher sees no new version', async () => {
    const clock = simulatedClock();
    const { disk, names } = await withVersions(3);
    const store = storeOn(disk, { clock });
    const watching = store.watch({ after: 3 });
    const next = watching.next();
    await settle();
    await store.prune({ retain: 1 });
    await clock.advance(5000);
    names.push(await publish(store, 'next'));
    await clock.advance(5000);
    expect((await next).value).toMatchObject({ gen: 4, version: names[3] });
  });

  test('S12 with nothing to remove CURRENT stays as it is, also before the first version', async () => {
    const { disk, store } = await withVersions(2);
    const before = await disk.readCurrent();
    expect(await store.prune({ retain: 2 })).toEqual({ removed: [], failed: [] });
    expect(await store.prune()).toEqual({ removed: [], failed: [] });
    expect(await disk.readCurrent()).toEqual(before);
    const empty = storeOn(memoryStorage());
    expect(await empty.prune({ retain: 1 })).toEqual({ removed: [], failed: [] });
    expect(await empty.list()).toEqual([]);
  });

  test('S12 bad options are refused before anything is touched', async () => {
    const { store } = await withVersions(2);
    for (const options of [{ retain: 0 }, { retain: 1.5 }, { minAgeMs: -1 }, { minAgeMs: NaN }]) {
      await expect(store.prune(options)).rejects.toMatchObject({ code: 'invalid_option' });
    }
    expect(await gensOf(store)).toEqual([2, 1]);
  });

  test('S5 S12 a signal that is aborted before the commit removes no version', async () => {
    const { disk } = await withVersions(3);
    const controller = new AbortController();
    const storage = disk.another({
      onOperation: ({ path }) => {
        if (path === 'CURRENT.tmp') controller.abort(new Error('canceled'));
      },
    });
    const pruning = storeOn(storage).prune({ retain: 1, signal: controller.signal });
    await expect(pruning).rejects.toThrow('canceled');
    expect(await gensOf(storeOn(disk))).toEqual([3, 2, 1]);
  });

  test('S12 S15 S17 cut off at any operation, by a kill or a power cut, all that CURRENT names is whole', async () => {
    const { disk } = await withVersions(3);
    const seen = new Set<string>();
    for (let stopAt = 0, running = true; running; stopAt += 1) {
      running = false;
      const storage = disk.afterKill({
        onOperation: (operation, self) => {
          if (operation.index !== stopAt) return;
          running = true;
          self.stop();
        },
      });
      const done = await storeOn(storage)
        .prune({ retain: 1 })
        .then(
          () => true,
          () => false,
        );
      if (!running) expect(done).toBe(true);
      const disks = [
        storage.afterKill(),
        ...(['kept', 'lost', 'torn'] as const).map((fate) => storage.afterPowerLoss(fate)),
      ];
      for (const after of disks) {
        const store = storeOn(after);
        expect(await store.verify()).toMatchObject({ ok: true });
        const kept = await gensOf(store);
        seen.add(kept.join());
        expect(kept[0]).toBe(3);
        if (done) expect(kept).toEqual([3]);
        await store.recover();
        expect(await gensOf(store)).toEqual(kept);
        expect(await store.verify()).toMatchObject({ ok: true });
        expect(await publish(store, 'next')).toMatch(/^4-/);
      }
    }
    expect([...seen].sort()).toEqual(['3', '3,2,1']);
  });
});
