import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { OffstageError } from '../foundation/errors.ts';
import {
  type MemoryOperation,
  type MemoryStorage,
  memoryStorage,
} from '../testing/memory-storage.ts';
import { asyncDispose } from './async-dispose.ts';
import type { SnapshotStorage } from './storage.ts';
import { SnapshotStore } from './store.ts';

const metadata = z.object({ text: z.string(), tags: z.array(z.string()).default([]) });
const storeOn = (storage: SnapshotStorage, retain = 5) =>
  new SnapshotStore({ storage, metadata, retain, lockTimeoutMs: 0 });

const full = (): OffstageError => new OffstageError('storage_failed', 'EIO');
const codeOf = (error: unknown): unknown => (OffstageError.isInstance(error) ? error.code : error);
const rejectionOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'resolved',
    (error: unknown) => error,
  );

async function publish(store: ReturnType<typeof storeOn>, text: string, signal?: AbortSignal) {
  await using draft = await store.begin();
  await draft.write('text.txt', text);
  return await draft.finalize({ text }, { signal });
}

async function textOf(storage: SnapshotStorage): Promise<string | undefined> {
  await using version = await storeOn(storage).current();
  return version?.metadata.text;
}

/** A disk with version `old`, and a handle on it whose operations go through `onOperation`. */
async function withOld(
  onOperation: (operation: MemoryOperation, storage: MemoryStorage) => void,
): Promise<{ readonly disk: MemoryStorage; readonly storage: MemoryStorage }> {
  const disk = memoryStorage();
  await publish(storeOn(disk), 'old');
  return { disk, storage: disk.another({ onOperation }) };
}

describe('the outcomes of finalize', () => {
  test('S4 S5 an abort at each operation: before the commit point nothing, after it all', async () => {
    let commitPoints = 0;
    for (let abortAt = 0, running = true; running; abortAt += 1) {
      running = false;
      const controller = new AbortController();
      let committing = false;
      const { disk, storage } = await withOld(({ index, path }) => {
        if (index === abortAt) {
          running = true;
          controller.abort(new Error('canceled'));
        }
        // The rename is under way when its operation begins.
        if (path === 'CURRENT.tmp -> CURRENT' && !(index > abortAt)) committing = true;
      });
      const outcome = await rejectionOf(publish(storeOn(storage), 'new', controller.signal));
      if (committing) commitPoints += 1;
      expect(String(outcome)).toBe(committing ? 'resolved' : 'Error: canceled');
      expect(await textOf(disk)).toBe(committing ? 'new' : 'old');
      const names = disk.files.list('').filter((name) => name.includes('-'));
      expect(names.length).toBe(committing ? 2 : 1);
    }
    expect(commitPoints).toBeGreaterThan(2);
  });

  test('S4 a failure before the commit point leaves the old version and no draft', async () => {
    for (let failAt = 0, running = true; running; failAt += 1) {
      running = false;
      let committed = false;
      let failed = '';
      const { disk, storage } = await withOld(({ index, name, path }) => {
        if (index === failAt && !committed) {
          running = true;
          failed = `${name} ${path}`;
          throw full();
        }
        if (path === 'CURRENT.tmp -> CURRENT') committed = true;
      });
      const outcome = await rejectionOf(publish(storeOn(storage), 'new'));
      if (failed === '') {
        expect(await textOf(disk)).toBe('new');
        continue;
      }
      expect([failed, await textOf(disk)]).toEqual([
        failed,
        outcome === 'resolved' ? 'new' : 'old',
      ]);
      if (outcome !== 'resolved') expect(codeOf(outcome)).toBe('storage_failed');
      await publish(storeOn(disk), 'next');
      const names = disk.files.list('').filter((name) => name.includes('-'));
      expect(names.length).toBe(outcome === 'resolved' ? 3 : 2);
      expect(disk.files.list('').includes('CURRENT.tmp')).toBe(false);
    }
  });

  test('S4 a failed fsync after the commit is indeterminate: no more writes, nothing deleted', async () => {
    let committed = false;
    let syncs = 0;
    const { disk, storage } = await withOld(({ name, path }) => {
      if (path === 'CURRENT.tmp -> CURRENT') committed = true;
      if (!committed || name !== 'syncDirectory') return;
      syncs += 1;
      throw full();
    });
    const store = storeOn(storage, 1);
    const error = await rejectionOf(publish(store, 'new'));
    expect(codeOf(error)).toBe('commit_indeterminate');
    expect(error).toHaveProperty('cause.code', 'storage_failed');
    expect(syncs).toBe(1);
    expect(disk.files.list('').filter((name) => /^\d/.test(name)).length).toBe(2);
    for (const work of [() => store.begin(), () => store.recover(), () => store.rollback(1)]) {
      expect(codeOf(await rejectionOf(work()))).toBe('commit_indeterminate');
    }
    expect(syncs).toBe(1);
    // Whichever the disk kept is whole, and another store goes on from it.
    for (const fate of ['lost', 'kept'] as const) {
      const after = disk.afterPowerLoss(fate);
      expect(await textOf(after)).toBe(fate === 'lost' ? 'old' : 'new');
      await publish(storeOn(after), 'next');
      expect(await textOf(after)).toBe('next');
    }
  });

  test('S4 a rename that failed, and did nothing, publishes nothing', async () => {
    const { disk, storage } = await withOld(({ path }) => {
      if (path === 'CURRENT.tmp -> CURRENT') throw full();
    });
    expect(codeOf(await rejectionOf(publish(storeOn(storage), 'new')))).toBe('storage_failed');
    expect(await textOf(disk)).toBe('old');
    await publish(storeOn(disk), 'next');
  });

  test('S4 a rename that failed where one cannot look is indeterminate', async () => {
    let failing = false;
    const { storage } = await withOld(({ path }) => {
      failing ||= path === 'CURRENT.tmp -> CURRENT';
      if (failing) throw full();
    });
    const error = await rejectionOf(publish(storeOn(storage), 'new'));
    expect(codeOf(error)).toBe('commit_indeterminate');
  });

  test('S4 a commit by someone else meanwhile is fenced off', async () => {
    const disk = memoryStorage();
    await publish(storeOn(disk), 'old');
    const thief = disk.afterKill();
    await publish(storeOn(thief), 'theirs');
    const stolen = thief.files.read('CURRENT') ?? '';
    const draft = await storeOn(disk).begin();
    disk.files.write('CURRENT', stolen);
    expect(codeOf(await rejectionOf(draft.finalize({ text: 'mine' })))).toBe('fenced');
    expect(disk.files.read('CURRENT')).toBe(stolen);
  });

  test('S12 a retention that fails does not fail the publish, and is made up for', async () => {
    const { disk, storage } = await withOld(({ name }) => {
      if (name === 'removeTree') throw full();
    });
    const published = await publish(storeOn(storage, 1), 'new');
    expect(published.cleanup.removed).toEqual([]);
    expect(published.cleanup.failed.map(({ error }) => codeOf(error))).toEqual(['storage_failed']);
    expect(await textOf(disk)).toBe('new');
    const { removed } = await storeOn(disk).recover();
    expect(removed.length).toBe(1);
    expect(disk.files.list('').filter((name) => name.includes('-')).length).toBe(1);
  });
});

describe('the closed world', () => {
  test('S6 a file that changes while it is sealed is never published', async () => {
    const moments = ['read', 'syncFile', 'facts', 'stat', 'openFile'];
    for (const moment of moments) {
      for (const how of ['content', 'another file'] as const) {
        let sealing = false;
        let spoiled = false;
        const { disk, storage } = await withOld(({ name, path }, self) => {
          if (!sealing || spoiled || name !== moment || !path.endsWith('/native.bin')) return;
          spoiled = true;
          if (how === 'another file') self.files.remove(path);
          self.files.write(path, 'spoiled');
        });
        const draft = await storeOn(storage).begin();
        storage.files.write(draft.path('native.bin'), 'good');
        sealing = true;
        const outcome = await rejectionOf(draft.finalize({ text: 'new' }));
        expect([moment, spoiled]).toEqual([moment, true]);
        if (outcome === 'resolved') {
          // It changed before the first look: then that is what was sealed.
          await using version = await storeOn(disk).current();
          const text = await new Response(await version?.open('native.bin')).text();
          expect(text).toBe('spoiled');
          expect(['openFile', 'facts']).toContain(moment);
        } else {
          expect([moment, codeOf(outcome)]).toEqual([moment, 'unsafe_entry']);
          expect(await textOf(disk)).toBe('old');
        }
      }
    }
  });

  test('S6 what was given out by its path is looked at first, and each entry is its own file', async () => {
    let sealing = false;
    const looks: string[] = [];
    const { disk, storage } = await withOld(({ name, path }) => {
      if (sealing && name === 'openFile') looks.push(path.slice(path.lastIndexOf('/') + 1));
    });
    const draft = await storeOn(storage).begin();
    for (const name of ['a.txt', 'm.txt', 'z.txt']) await draft.write(name, `text of ${name}`);
    for (const name of ['b.bin', 'y.bin'])
      storage.files.write(draft.path(name), `bytes of ${name}`);
    sealing = true;
    await draft.finalize({ text: 'new' });
    expect(looks.slice(0, 2)).toEqual(['b.bin', 'y.bin']);
    await using version = await storeOn(disk).current();
    const names = version?.manifest.entries.map(({ path }) => path) ?? [];
    expect(names).toEqual(['a.txt', 'b.bin', 'm.txt', 'y.bin', 'z.txt']);
    for (const name of names) {
      const text = await new Response(await version?.open(name)).text();
      expect(text).toMatch(new RegExp(`of ${name}$`));
    }
    expect((await version?.verify())?.problems).toEqual([]);
  });

  test('S6 a written file that changed, to the same size and untold, is never published', async () => {
    const storage = memoryStorage();
    const draft = await storeOn(storage).begin();
    await draft.write('text.txt', 'good');
    const [name] = storage.files.list('').filter((entry) => entry.startsWith('_tmp-'));
    storage.files.write(`${name}/text.txt`, 'evil');
    const error = await rejectionOf(draft.finalize({ text: 'new' }));
    expect(error).toMatchObject({ code: 'unsafe_entry', details: { path: 'text.txt' } });
  });

  test('S6 a file that is added while the draft is sealed is never published', async () => {
    let sealing = false;
    const { disk, storage } = await withOld(({ name, path }, self) => {
      if (sealing && name === 'syncFile') self.files.write(path.replace(/[^/]+$/, 'late.txt'), '');
    });
    const draft = await storeOn(storage).begin();
    await draft.write('text.txt', 'new');
    sealing = true;
    const error = await rejectionOf(draft.finalize({ text: 'new' }));
    expect(error).toMatchObject({ code: 'unsafe_entry', details: { path: 'late.txt' } });
    expect(await textOf(disk)).toBe('old');
  });
});

describe('the store', () => {
  test('S10 a version that is leased during the commit that drops it stays on disk', async () => {
    const { disk, storage } = await withOld(({ path }) => {
      if (path === 'CURRENT.tmp -> CURRENT') void disk.lease(old);
    });
    const old = (await storeOn(disk).list())[0]?.content ?? '';
    await publish(storeOn(storage, 1), 'new');
    expect((await storeOn(disk).list()).length).toBe(1);
    await storeOn(disk).recover();
    expect(disk.files.list(old)).toEqual(['text.txt', 'manifest.json']);
  });

  test('S1 what is stored is the input of the schema, and what is read its output', async () => {
    const storage = memoryStorage();
    const { manifest } = await publish(storeOn(storage), 'x');
    expect(manifest.metadata).toEqual({ text: 'x' });
    await using version = await storeOn(storage).current();
    expect(version?.metadata).toEqual({ text: 'x', tags: [] });
  });

  test('S1 bad options are refused', () => {
    const storage = memoryStorage();
    for (const options of [
      { retain: 0 },
      { retain: 1.5 },
      { minAgeMs: -1 },
      { lockTimeoutMs: -1 },
    ]) {
      expect(() => new SnapshotStore({ storage, metadata, ...options })).toThrow(OffstageError);
    }
    expect(() => new SnapshotStore({ storage, metadata, minAgeMs: Number.NaN })).toThrow(
      'minAgeMs must be a number of milliseconds of at least 0; it is NaN',
    );
  });

  test('S2 a draft that is disposed while it finalizes is published', async () => {
    const storage = memoryStorage();
    const draft = await storeOn(storage).begin();
    const publishing = draft.finalize({ text: 'x' });
    await draft[asyncDispose]();
    expect((await publishing).gen).toBe(1);
    expect(await textOf(storage)).toBe('x');
  });

  test('S2 a version that is none can be disposed as well', async () => {
    const version = await storeOn(memoryStorage()).current();
    await using open = version;
    expect(open).toBe(undefined);
  });

  test('S15 a store whose first initialisation was cut off is initialised again', async () => {
    const storage = memoryStorage({
      onOperation: ({ path }, self) => {
        if (path === 'CURRENT.tmp -> CURRENT') self.stop();
      },
    });
    expect(await rejectionOf(storeOn(storage).begin())).toBeInstanceOf(OffstageError);
    for (const after of [storage.afterKill(), storage.afterPowerLoss('lost')]) {
      expect(await textOf(after)).toBe(undefined);
      await publish(storeOn(after), 'first');
      expect(await textOf(after)).toBe('first');
    }
  });

  test('S8 a reader whose version goes away looks again while the generation moves', async () => {
    const storage = memoryStorage();
    const store = storeOn(storage, 1);
    await publish(store, '1');
    let swaps = 0;
    // A reader of another process, whose lease no writer sees, and who is slow.
    const reader: SnapshotStorage = {
      ...storage,
      lease: async () => ({ release: async () => undefined }),
      async readManifest(content) {
        swaps += 1;
        if (swaps <= 3) await publish(store, String(swaps + 1));
        return storage.readManifest(content);
      },
    };
    expect(await textOf(reader)).toBe('4');
    expect(swaps).toBe(4);
  });

  test('S8 a version that leaves CURRENT while it is opened is not handed out', async () => {
    const storage = memoryStorage();
    const store = storeOn(storage, 1);
    await publish(store, '1');
    let opened = false;
    const reader: SnapshotStorage = {
      ...storage,
      lease: async () => ({ release: async () => undefined }),
      async readManifest(content) {
        const manifest = await storage.readManifest(content);
        if (!opened) {
          opened = true;
          await publish(store, '2');
        }
        return manifest;
      },
    };
    expect(await textOf(reader)).toBe('2');
  });

  test('S16 ids that the layout does not know are refused', async () => {
    const options = { storage: memoryStorage(), metadata, newId: () => '../../etc' };
    const error = await rejectionOf(new SnapshotStore(options).begin());
    expect(codeOf(error)).toBe('invalid_option');
  });

  test('S3 S4 S7 what plain JavaScript gives in place of options, signals, versions and storages is refused by name', async () => {
    const store = storeOn(memoryStorage());
    await publish(store, 'old');
    await using version = await store.current();
    const refused = async (work: () => unknown) => {
      const told = await rejectionOf((async () => work())());
      expect(told).toMatchObject({ code: 'invalid_option' });
    };
    for (const none of [null, 'signal', 7, { signal: {} }, { signal: 'soon' }]) {
      const options = none as never;
      await refused(() => store.begin(options));
      await using draft = await store.begin();
      await refused(() => draft.write('text.txt', 'new', options));
      await refused(() => draft.copyFrom(version as never, 'text.txt', options));
      await refused(() => draft.finalize({ text: 'new' }, options));
    }
    for (const none of [null, undefined, {}, 1, 'current']) {
      await using draft = await store.begin();
      await refused(() => draft.copyFrom(none as never, 'text.txt'));
      await refused(() => new SnapshotStore({ storage: none as never, metadata }));
    }
  });
});
