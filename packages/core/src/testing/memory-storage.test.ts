import { describe, expect, test } from 'vitest';
import type { StorageDirectory } from '../snapshots/directory.ts';
import { powerLosses } from './crash-states.ts';
import { type MemoryStorageOptions, memoryStorage } from './memory-storage.ts';
import { storageSuite } from './storage-suite.ts';
import { publish, storeOn } from './storage-suite-kit.ts';

const disks: Readonly<Record<string, MemoryStorageOptions>> = {
  'memoryStorage, with hard links': {},
  'memoryStorage, with reflinks': { reflinks: true },
  'memoryStorage, with neither': { hardLinks: false, changeHints: false },
  'memoryStorage, synced by one call': { syncTreeFrom: 1 },
};

for (const [name, options] of Object.entries(disks)) {
  storageSuite(
    { describe, test, expect },
    {
      name,
      create: async () => {
        const storage = memoryStorage(options);
        return {
          storage,
          another: () => storage.another(options),
          files: storage.files,
          dispose: async () => undefined,
        };
      },
    },
  );
}

describe('a simulated machine', () => {
  test('S10 the lease of a reader that was killed is free at once', async () => {
    const storage = memoryStorage();
    const store = storeOn(storage, { retain: 1 });
    const { version } = await publish(store, 'first');
    const process = storage.another();
    await storeOn(process).current();
    await publish(store, 'second');
    expect(storage.files.list(version)).not.toEqual([]);
    expect(process.held().leases).toBe(1);
    process.stop();
    await publish(store, 'third');
    expect(storage.files.list(version)).toEqual([]);
  });

  test('S17 links are counted as the names that a loss of power left', async () => {
    const storage = memoryStorage();
    await publish(storeOn(storage), 'first');
    const [version = ''] = storage.files.list('').filter((name) => name.startsWith('1-'));
    const durable = storage.afterPowerLoss('kept');
    durable.files.link(`${version}/text.txt`, 'second name');
    for (const [fate, links] of [
      ['kept', 2],
      ['lost', 1],
    ] as const) {
      const after = durable.afterPowerLoss(fate).fingerprint();
      expect(after.includes('*2')).toBe(links === 2);
    }
  });

  test('S17 of an overwritten file the old, no, half, torn or the new content is left', async () => {
    const storage = memoryStorage();
    await publish(storeOn(storage), 'first');
    const disk = storage.afterPowerLoss('kept');
    disk.files.write('CURRENT', '12345678');
    const [pending] = disk.pending();
    expect(pending?.fates).toEqual(['kept', 'lost', 'empty', 'half', 'torn']);
    const left = pending?.fates.map((fate) => disk.afterPowerLoss(fate).files.read('CURRENT'));
    expect(left).toEqual(['12345678', storage.files.read('CURRENT'), '', '1234', '1234\0\0\0\0']);
  });

  test('S17 of a rename between two folders both names, or none, may be left', async () => {
    let directory: StorageDirectory | undefined;
    const disk = memoryStorage({
      wrap: (primitives) => {
        directory = primitives;
        return primitives;
      },
    });
    await directory?.createRoot();
    for (const folder of ['a', 'b']) await directory?.makeDirectory(folder);
    await directory?.createFile('a/file');
    await directory?.syncTree('');
    await directory?.rename('a/file', 'b/file');
    const left = [...powerLosses(disk, {}, 10, () => undefined)].map(({ storage: { files } }) => [
      ...files.list('a'),
      ...files.list('b'),
    ]);
    expect(left.map(({ length }) => length).toSorted()).toEqual([0, 1, 1, 2]);
  });

  test('S17 syncs that take effect late do so before the operation after next', async () => {
    const disk = memoryStorage();
    await publish(storeOn(disk), 'old');
    const pendingAt: [string, number][] = [];
    const late = disk.another({
      syncs: ({ path, nth }) =>
        path === '' && nth === 2 ? { until: ({ name }) => name === 'list' } : 'durable',
      onOperation: ({ name }, self) => pendingAt.push([name, self.pending().length]),
    });
    await publish(storeOn(late), 'new');
    const [listed, next] = pendingAt.slice(-2);
    expect([listed?.[0], next?.[0]]).toEqual(['list', 'lockedShared']);
    expect([listed?.[1], next?.[1], late.pending().length]).toEqual([2, 2, 0]);
  });
});
