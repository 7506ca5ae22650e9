import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Fate,
  type MemoryStorage,
  type MemoryStorageOptions,
  type MemorySync,
  memoryStorage,
} from '../testing/memory-storage.ts';
import type { SnapshotStorage } from './storage.ts';
import { SnapshotStore } from './store.ts';

const metadata = z.object({ text: z.string() });
const storeOn = (storage: SnapshotStorage) =>
  new SnapshotStore({ storage, metadata, retain: 1, lockTimeoutMs: 0 });

async function publish(storage: MemoryStorage, text: string): Promise<void> {
  const store = storeOn(storage);
  await using draft = await store.begin();
  await draft.write('a.txt', text);
  await draft.write('sub/b.txt', `${text} again`);
  storage.files.write(draft.path('sub/native.bin'), `${text} from a native library`);
  await draft.finalize({ text });
}

const expected = (text: string): Record<string, string> => ({
  'a.txt': text,
  'sub/b.txt': `${text} again`,
  'sub/native.bin': `${text} from a native library`,
});

/** The text of the current version, each file of which is found whole; of older ones too. */
async function readWhole(storage: SnapshotStorage): Promise<string | undefined> {
  const store = storeOn(storage);
  for (const { gen } of await store.list()) {
    await using version = await store.open(gen);
    const found: Record<string, string> = {};
    for (const { path } of version.manifest.entries) {
      found[path] = await new Response(await version.open(path)).text();
    }
    expect(found).toEqual(expected(version.metadata.text));
  }
  await using current = await store.current();
  return current?.metadata.text;
}

/** Every disk that a loss of power may leave, at most `limit` of them. */
function* disksAfterPowerLoss(
  storage: MemoryStorage,
  limit: number,
  options: MemoryStorageOptions = {},
): Generator<MemoryStorage> {
  const choices: Record<string, readonly Fate[]> = {
    content: ['kept', 'lost', 'torn'],
    name: ['kept', 'lost'],
  };
  // The decisions of the last disk; the next one differs in the last that has a choice left.
  let digits: number[] = [];
  for (let count = 0; count < limit; count += 1) {
    const sizes: number[] = [];
    yield storage.afterPowerLoss((change) => {
      const fates = choices[change.kind] ?? ['kept'];
      const digit = digits[sizes.length] ?? 0;
      sizes.push(fates.length);
      return fates[digit] ?? 'kept';
    }, options);
    digits = sizes.map((_, index) => digits[index] ?? 0);
    while (digits.length > 0 && (digits.at(-1) ?? 0) + 1 >= (sizes[digits.length - 1] ?? 0)) {
      digits.pop();
    }
    if (digits.length === 0) return;
    digits.push((digits.pop() ?? 0) + 1);
  }
  // More than that: the far end too.
  yield storage.afterPowerLoss('lost', options);
  yield storage.afterPowerLoss('torn', options);
}

interface Stopped {
  readonly storage: MemoryStorage;
  readonly acknowledged: boolean;
  readonly at: string;
}

/** `work` on a copy of the disk, once for each operation before which the machine stops. */
async function* stoppedAtEach(
  disk: MemoryStorage,
  work: (storage: MemoryStorage) => Promise<void>,
  options: MemoryStorageOptions = {},
): AsyncGenerator<Stopped> {
  for (let stopAt = 0; ; stopAt += 1) {
    let at = 'the end';
    const storage = disk.afterKill({
      ...options,
      onOperation: (operation, self) => {
        if (operation.index !== stopAt) return;
        at = `${operation.index} ${operation.name} ${operation.path}`;
        self.stop();
      },
    });
    const acknowledged = await work(storage).then(
      () => true,
      () => false,
    );
    yield { storage, acknowledged, at };
    if (at === 'the end') return;
  }
}

interface Tally {
  states: number;
  readonly bad: string[];
}

/** A broken protocol is found out by its first bad state; a sound one is looked at to the end. */
interface Enumeration extends MemoryStorageOptions {
  readonly untilBad?: boolean;
}

type Allowed = readonly (string | undefined)[];

async function lookAt(disk: MemoryStorage, allowed: Allowed): Promise<string | undefined> {
  const found = await readWhole(disk);
  expect(allowed).toContain(found);
  return found;
}

/** What must hold on a disk that was found after a crash. */
async function inspect(disk: MemoryStorage, allowed: Allowed): Promise<void> {
  const found = await lookAt(disk, allowed);

  const store = storeOn(disk);
  await store.recover();
  const names = disk.files.list('');
  expect(await readWhole(disk)).toBe(found);
  await store.recover();
  expect(disk.files.list('')).toEqual(names);
  const kept = (await store.list()).map(({ content }) => content);
  expect(names.toSorted()).toEqual(['LOCK', 'CURRENT', ...kept].toSorted());

  await publish(disk, 'next');
  expect(await readWhole(disk.afterPowerLoss('lost'))).toBe('next');
}

/** A publish, cut off at every operation, by a loss of power with every outcome. */
async function enumerate(before: string | undefined, options: Enumeration = {}): Promise<Tally> {
  const tally: Tally = { states: 0, bad: [] };
  const empty = memoryStorage();
  if (before !== undefined) await publish(empty, before);
  const disk = empty.afterPowerLoss('kept');
  const work = (storage: MemoryStorage): Promise<void> => publish(storage, 'new');
  for await (const { storage, acknowledged, at } of stoppedAtEach(disk, work, options)) {
    const allowed = acknowledged ? ['new'] : [before, 'new'];
    for (const found of disksAfterPowerLoss(storage, 300)) {
      tally.states += 1;
      const look = options.untilBad ? lookAt : inspect;
      await look(found, allowed).catch((error: unknown) => tally.bad.push(`${at}: ${error}`));
      if (options.untilBad && tally.bad.length > 0) return tally;
    }
  }
  return tally;
}

/** A publish that is killed at every operation, then a recovery that loses power at every one. */
async function enumerateRecovery(options: Enumeration = {}): Promise<Tally> {
  const tally: Tally = { states: 0, bad: [] };
  const disk = memoryStorage();
  await publish(disk, 'old');
  for await (const killed of stoppedAtEach(disk, (storage) => publish(storage, 'new'))) {
    const recovery = async (storage: MemoryStorage): Promise<void> => {
      await storeOn(storage).recover();
    };
    const next = stoppedAtEach(killed.storage.afterKill(), recovery, options);
    for await (const { storage, at } of next) {
      for (const found of disksAfterPowerLoss(storage, 8)) {
        tally.states += 1;
        await lookAt(found, ['old', 'new']).catch((error: unknown) =>
          tally.bad.push(`${killed.at}, ${at}: ${error}`),
        );
        if (options.untilBad && tally.bad.length > 0) return tally;
      }
    }
  }
  return tally;
}

describe('a loss of power at each operation of a publish', () => {
  test('S17 S4 S2 of the first one leaves nothing or all of it', async () => {
    const { states, bad } = await enumerate(undefined);
    expect(bad).toEqual([]);
    expect(states).toBeGreaterThan(300);
  });

  test('S17 S4 S12 of a later one leaves the old version or the new one, whole', async () => {
    const { states, bad } = await enumerate('old');
    expect(bad).toEqual([]);
    expect(states).toBeGreaterThan(300);
  });

  test('S17 S15 and of the recovery after a kill', async () => {
    const { states, bad } = await enumerateRecovery();
    expect(bad).toEqual([]);
    expect(states).toBeGreaterThan(300);
  });
});

describe('without any one fsync some crash leaves a bad state', () => {
  const of = (name: MemorySync['name'], path: string, nth = 0): Enumeration => {
    const pattern = new RegExp(`^${path}$`);
    return {
      untilBad: true,
      syncs: (sync) =>
        sync.name === name && sync.nth === nth && pattern.test(sync.path) ? 'ignored' : 'durable',
    };
  };
  const draft = String.raw`_tmp-\w{16}`;
  const fsyncs: readonly (readonly [string, Enumeration])[] = [
    ['a payload file', of('syncFile', `${draft}/a.txt`)],
    ['a native file', of('syncFile', `${draft}/sub/native.bin`)],
    ['the manifest', of('syncFile', `${draft}/manifest.json`)],
    ['a payload directory', of('syncDirectory', `${draft}/sub`)],
    ['the draft', of('syncDirectory', draft)],
    ['the root, before the commit', of('syncDirectory', '', 1)],
    ['the next CURRENT', of('syncFile', 'CURRENT.tmp')],
    ['the root, after the commit', of('syncDirectory', '', 2)],
  ];
  test.for(fsyncs)('S17 %s', async ([, options]) => {
    expect((await enumerate('old', options)).bad).not.toEqual([]);
  });

  test('S17 the root, before a recovery deletes', async () => {
    expect((await enumerateRecovery(of('syncDirectory', '', 0))).bad).not.toEqual([]);
  });

  test('S17 the root, after a store was initialised', async () => {
    expect((await enumerate(undefined, of('syncDirectory', '', 0))).bad).not.toEqual([]);
  });

  test('S17 CURRENT, when a store is initialised', async () => {
    expect((await enumerate(undefined, of('syncFile', 'CURRENT.tmp', 0))).bad).not.toEqual([]);
  });
});
