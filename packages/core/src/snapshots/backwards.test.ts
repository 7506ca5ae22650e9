import { describe, expect, test } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import { powerLosses } from '../testing/crash-states.ts';
import { type MemoryStorage, memoryStorage } from '../testing/memory-storage.ts';
import { encodeRecordedGen } from './layout.ts';
import { SnapshotStore } from './store.ts';

interface Note {
  readonly text: string;
}

const metadata: StandardSchema<Note> = {
  '~standard': { version: 1, vendor: 'backwards', validate: (value) => ({ value: value as Note }) },
};

const storeOn = (storage: MemoryStorage) =>
  new SnapshotStore({ storage, metadata, lockTimeoutMs: 0 });

async function publish(storage: MemoryStorage, text: string, key?: string): Promise<void> {
  await using draft = await storeOn(storage).begin();
  await draft.write('text.txt', text);
  await draft.finalize({ text }, { key });
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) =>
      OffstageError.isInstance(error) ? [error.code, error.details.reason] : error,
  );

const versionsOf = ({ files }: MemoryStorage): readonly string[] =>
  files
    .list('')
    .filter((name) => /^\d/.test(name))
    .toSorted();

const textOf = async (storage: MemoryStorage): Promise<string | undefined> => {
  await using version = await storeOn(storage).current();
  expect((await version?.verify())?.problems).toEqual([]);
  return version?.metadata.text;
};

/** Versions of these texts, and CURRENT as it was after each. */
async function published(
  storage: MemoryStorage,
  ...texts: readonly string[]
): Promise<readonly string[]> {
  const copies: string[] = [];
  for (const text of texts) {
    await publish(storage, text);
    copies.push(storage.files.read('CURRENT') ?? '');
  }
  return copies;
}

const refusal = ['corrupt', 'backwards'];

/** Every way to write. */
const writers: ReadonlyArray<readonly [string, (storage: MemoryStorage) => Promise<unknown>]> = [
  ['begin', (storage) => storeOn(storage).begin()],
  ['recover', (storage) => storeOn(storage).recover()],
  ['rollback', (storage) => storeOn(storage).rollback(1)],
  ['prune', (storage) => storeOn(storage).prune({ retain: 1 })],
];

describe('an older CURRENT that was put back', () => {
  test.for(writers)('S15 S16 %s refuses, and deletes nothing', async ([, write]) => {
    for (const back of [0, 1, 2]) {
      const storage = memoryStorage();
      const copies = await published(storage, 'one', 'two', 'three', 'four');
      storage.files.write('CURRENT', copies[back] ?? '');
      const before = versionsOf(storage);
      expect(before.length).toBe(4);
      for (let tries = 0; tries < 2; tries += 1) {
        expect(await codeOf(write(storage))).toEqual(refusal);
        expect(versionsOf(storage)).toEqual(before);
      }
    }
  });

  test('S15 the one before, when LOCK was lost or put back with it, is refused as well', async () => {
    for (const lose of [
      ({ files }: MemoryStorage) => files.remove('LOCK'),
      ({ files }: MemoryStorage) => files.write('LOCK', ''),
      ({ files }: MemoryStorage) => files.write('LOCK', '0000000000000001 0000000000000002\n'),
    ]) {
      const storage = memoryStorage();
      const [old = ''] = await published(storage, 'one', 'two');
      storage.files.write('CURRENT', old);
      lose(storage);
      expect(await codeOf(storeOn(storage).recover())).toEqual(refusal);
      expect(versionsOf(storage).length).toBe(2);
    }
  });

  test('S15 with a LOCK of the same age, generations that only later commits lead to tell', async () => {
    const storage = memoryStorage();
    const [old = ''] = await published(storage, 'one', 'two', 'three');
    storage.files.write('CURRENT', old);
    storage.files.write('LOCK', new TextDecoder().decode(encodeRecordedGen(1)));
    expect(await codeOf(storeOn(storage).recover())).toEqual(refusal);
    expect(versionsOf(storage).length).toBe(3);
  });

  test('S15 what only has the name of a newer version is no reason, and removed', async () => {
    const storage = memoryStorage();
    await published(storage, 'one');
    storage.files.makeDirectory('7-aaaaaaaaaaaaaaaa');
    storage.files.makeDirectory('8-aaaaaaaaaaaaaaaa');
    storage.files.write('8-aaaaaaaaaaaaaaaa/manifest.json', '{}');
    expect((await storeOn(storage).recover()).removed.length).toBe(2);
  });

  test('S15 S17 is told after a loss of power, whatever that took', async () => {
    const storage = memoryStorage();
    const [old = ''] = await published(storage, 'one', 'two');
    const outcomes = [...powerLosses(storage, {}, 1000, () => undefined)];
    for (const { storage: after, what } of [{ storage, what: 'nothing' }, ...outcomes]) {
      after.files.write('CURRENT', old);
      expect([what, await codeOf(storeOn(after).recover())]).toEqual([what, refusal]);
    }
  });

  test('S17 without the fsync of what is recorded, it would not be', async () => {
    let ignored = 0;
    const storage = memoryStorage({
      syncs({ name, path }) {
        if (name !== 'syncFile' || path !== 'LOCK') return 'durable';
        ignored += 1;
        return ignored <= 2 ? 'durable' : 'ignored';
      },
    });
    const [old = ''] = await published(storage, 'one', 'two');
    const after = storage.afterPowerLoss('lost');
    after.files.write('CURRENT', old);
    expect(await codeOf(storeOn(after).recover())).toBe('done');
    expect(ignored).toBe(3);
  });

  test('S15 a store of an older release has recorded nothing, and goes on', async () => {
    const storage = memoryStorage();
    await published(storage, 'one', 'two');
    storage.files.write('LOCK', '');
    await publish(storage, 'three');
    expect(await textOf(storage)).toBe('three');
  });
});

describe('repair', () => {
  test('S15 proposes, asks, and changes nothing before somebody said so', async () => {
    const storage = memoryStorage();
    const [old = ''] = await published(storage, 'one', 'two', 'three');
    storage.files.write('CURRENT', old);
    const before = storage.files.list('').toSorted();
    for (const confirm of [undefined, () => false, async () => false]) {
      const proposal = await storeOn(storage).repair({ confirm });
      expect(proposal).toMatchObject({ problem: 'backwards', repaired: false, leftOut: [] });
      expect(proposal.versions.map(({ gen }) => gen)).toEqual([4, 3, 2, 1]);
      expect(storage.files.read('CURRENT')).toBe(old);
      expect(storage.files.list('').toSorted()).toEqual(before);
    }
    const { repaired } = await storeOn(storage).repair({ confirm: () => true });
    expect(repaired).toBe(true);
    expect(await textOf(storage)).toBe('three');
    expect(versionsOf(storage).length).toBe(3);
    await publish(storage, 'next');
    expect((await storeOn(storage).list()).map(({ gen }) => gen)).toEqual([5, 4, 3, 2, 1]);
    expect((await storeOn(storage).repair({ confirm: () => true })).problem).toBe('none');
  });

  test.for<[string, (storage: MemoryStorage) => void]>([
    ['missing', ({ files }) => files.remove('CURRENT')],
    ['broken', ({ files }) => files.write('CURRENT', '{"format":1')],
    ['broken', ({ files }) => files.write('CURRENT', '')],
  ])('S15 of a CURRENT that is %s names what is there', async ([problem, spoil]) => {
    const storage = memoryStorage();
    await published(storage, 'one');
    await publish(storage, 'two', 'job 2');
    spoil(storage);
    expect(await codeOf(storeOn(storage).begin())).toEqual(['corrupt', problem]);
    const result = await storeOn(storage).repair({ confirm: () => true });
    expect(result).toMatchObject({ problem, repaired: true });
    expect(await textOf(storage)).toBe('two');
    // What was published under a key still is.
    await publish(storage, 'two again', 'job 2');
    expect(await textOf(storage)).toBe('two');
  });

  test('S15 makes the generation current that is asked for', async () => {
    const storage = memoryStorage();
    await published(storage, 'one', 'two');
    storage.files.remove('CURRENT');
    await storeOn(storage).repair({ confirm: () => true, gen: 1 });
    expect(await textOf(storage)).toBe('one');
    expect((await storeOn(storage).list()).map(({ gen }) => gen)).toEqual([3, 2, 1]);
    storage.files.remove('CURRENT');
    const missing = storeOn(storage).repair({ confirm: () => true, gen: 9 });
    expect(await codeOf(missing)).toEqual(['not_found', undefined]);
  });

  test('S15 leaves out what was never current, and what has no whole manifest', async () => {
    const disk = memoryStorage();
    await published(disk, 'one', 'two');
    const dying = disk.another({
      onOperation({ path }) {
        if (path === 'CURRENT.tmp -> CURRENT') dying.stop();
      },
    });
    expect(await codeOf(publish(dying, 'three'))).not.toBe('done');
    const storage = disk.afterKill();
    expect(versionsOf(storage).length).toBe(3);
    const [damaged = ''] = versionsOf(storage);
    storage.files.write(`${damaged}/manifest.json`, '{}');
    storage.files.remove('CURRENT');
    const { leftOut, versions } = await storeOn(storage).repair({ confirm: () => true });
    expect(leftOut.map(({ reason }) => reason)).toEqual([
      'it was never current',
      'its manifest is missing or damaged',
    ]);
    expect(versions.map(({ gen }) => gen)).toEqual([4, 2]);
    expect(await codeOf(publish(storage, 'next'))).toBe('done');
  });

  test('S15 S17 cut off at any operation, it can be run again', async () => {
    const start = memoryStorage();
    const [old = ''] = await published(start, 'one', 'two');
    start.files.write('CURRENT', old);
    const settled = start.afterPowerLoss('kept');
    for (let stopAt = 0; ; stopAt += 1) {
      const disk = settled.afterKill();
      const dying = disk.another({
        onOperation({ index }) {
          if (index === stopAt) dying.stop();
        },
      });
      const done = await codeOf(storeOn(dying).repair({ confirm: () => true }));
      for (const fate of ['kept', 'lost'] as const) {
        const after = disk.afterPowerLoss(fate);
        await storeOn(after).repair({ confirm: () => true });
        expect(await textOf(after)).toBe('two');
        expect(versionsOf(after).length).toBe(2);
        await publish(after, 'next');
        expect(await textOf(after)).toBe('next');
      }
      if (done === 'done') break;
    }
  });
});
