import { describe, expect, test } from 'vitest';
import { OffstageError, type OffstageErrorCode } from '../foundation/errors.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import {
  type MemoryStorage,
  type MemoryStorageOptions,
  memoryStorage,
} from '../testing/memory-storage.ts';
import { parseName } from './layout.ts';
import { SnapshotStore } from './store.ts';

const metadata: StandardSchema<{ readonly text: string }> = {
  '~standard': {
    version: 1,
    vendor: 'faults',
    validate: (value) => ({ value: { text: String(Reflect.get(Object(value), 'text')) } }),
  },
};

const storeOn = (storage: MemoryStorage, retain = 5): SnapshotStore<typeof metadata> =>
  new SnapshotStore({ storage, metadata, retain, lockTimeoutMs: 0 });

async function publish(storage: MemoryStorage, text: string, retain?: number): Promise<void> {
  await using draft = await storeOn(storage, retain).begin();
  await draft.write('a.txt', text);
  storage.files.write(draft.path('sub/native.bin'), `${text}, native`);
  await draft.finalize({ text });
}

async function publishCopies(storage: MemoryStorage): Promise<void> {
  const store = storeOn(storage);
  await using last = await store.current();
  await using draft = await store.begin();
  if (last !== undefined) await draft.copyFrom(last, ['a.txt', 'sub/native.bin']);
  storage.files.write(draft.path('sub/native.bin'), 'changed in place');
  await draft.finalize({ text: 'new' });
}

async function read(storage: MemoryStorage): Promise<void> {
  await using version = await storeOn(storage).current();
  for (const { path } of version?.manifest.entries ?? []) {
    await new Response((await version?.open(path)) ?? null).arrayBuffer();
  }
}

// What cannot be read is told as a problem of that file, and is no failure of the scrub.
const scrub = (storage: MemoryStorage): Promise<unknown> => storeOn(storage).verify();

/** What people do with a store, and the text of the version that is current after it. */
interface Work {
  readonly what: string;
  readonly run: (storage: MemoryStorage) => Promise<unknown>;
  readonly after: string;
  readonly disk?: MemoryStorageOptions;
}

const works: readonly Work[] = [
  { what: 'a publish', run: (storage) => publish(storage, 'new'), after: 'new' },
  {
    what: 'a publish that is synced by one call',
    run: (storage) => publish(storage, 'new'),
    after: 'new',
    disk: { syncTreeFrom: 1 },
  },
  { what: 'a publish with retention', run: (storage) => publish(storage, 'new', 1), after: 'new' },
  { what: 'a publish of links', run: publishCopies, after: 'new' },
  { what: 'a publish of reflinks', run: publishCopies, after: 'new', disk: { reflinks: true } },
  { what: 'a publish of copies', run: publishCopies, after: 'new', disk: { hardLinks: false } },
  { what: 'a rollback', run: (storage) => storeOn(storage).rollback(1), after: 'older' },
  { what: 'a recovery', run: (storage) => storeOn(storage).recover(), after: 'old' },
  { what: 'a reader', run: read, after: 'old' },
  { what: 'a scrub', run: scrub, after: 'old' },
];

interface Fault {
  readonly errno: string;
  readonly code: OffstageErrorCode;
  /** What may fail so. */
  readonly of: RegExp;
}

const faults: readonly Fault[] = [
  { errno: 'EIO', code: 'storage_failed', of: /./ },
  { errno: 'ENOSPC', code: 'storage_full', of: /./ },
  { errno: 'EACCES', code: 'storage_denied', of: /./ },
  { errno: 'EMFILE', code: 'storage_failed', of: /createFile|openFile|lock|list|sync|cloneFile/ },
];

/** Two versions, and what a killed writer left. */
async function diskWithDebris(): Promise<MemoryStorage> {
  const disk = memoryStorage();
  await publish(disk, 'older');
  await publish(disk, 'old');
  disk.files.makeDirectory('_tmp-aaaaaaaaaaaaaaaa');
  disk.files.write('_tmp-aaaaaaaaaaaaaaaa/half.txt', 'half');
  disk.files.write('CURRENT.tmp', '{');
  return disk.afterPowerLoss('kept');
}

async function currentText(storage: MemoryStorage): Promise<string | undefined> {
  await using version = await storeOn(storage).current();
  expect((await version?.verify())?.problems).toEqual([]);
  return version?.metadata.text;
}

const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (OffstageError.isInstance(error) ? error.code : error),
  );

const nothingHeld = { writerLocks: 0, leases: 0, openFiles: 0 };

/** That the next writer finds all in order, and leaves it so. */
async function expectSound(disk: MemoryStorage): Promise<void> {
  const before = (await storeOn(disk).list())[0]?.gen ?? 0;
  const next = disk.another();
  await publish(next, 'next');
  expect(next.held()).toEqual(nothingHeld);
  const listed = await storeOn(disk).list();
  expect(listed[0]?.gen).toBe(before + 1);
  expect((await storeOn(disk).verify()).ok).toBe(true);
  const kept = new Set(listed.map(({ content }) => content));
  const left = disk.files.list('').filter((name) => name.includes('.tmp') || parseName(name));
  expect(left.toSorted()).toEqual([...kept].toSorted());
}

/** The operations at which `work` is made to fail: each one alone, or each one and all after it. */
async function forEachOperation(
  { run, disk: options }: Work,
  { code, of }: Fault,
  failing: (nth: number, failAt: number) => boolean,
  look: (what: {
    readonly disk: MemoryStorage;
    readonly storage: MemoryStorage;
    readonly at: string;
    readonly outcome: unknown;
  }) => Promise<void>,
): Promise<number> {
  const start = await diskWithDebris();
  for (let failAt = 0; ; failAt += 1) {
    const disk = start.afterKill();
    let at: string | undefined;
    let nth = 0;
    const storage = disk.another({
      ...options,
      onOperation(operation) {
        if (!of.test(operation.name) || !failing(nth++, failAt)) return;
        at ??= `${operation.index} ${operation.name} ${operation.path}`;
        throw new OffstageError(code, `It was made to fail at ${at}.`);
      },
    });
    const outcome = await outcomeOf(run(storage));
    if (at === undefined) {
      expect(outcome).toBe('done');
      return failAt;
    }
    await look({ disk, storage, at, outcome });
  }
}

// After these the work has done what it is for (what was committed is recorded by the next writer, too), or does it in another way. A scrub tries each file
// by itself when all at once have failed.
const mayGoOn = (at: string): boolean =>
  /removeTree|_del-|lockedShared|list $|stat [^/]+$|(?:write|syncFile) LOCK$/.test(at);
const mayTryAgain = (at: string): boolean =>
  /(?:openFile|facts|read|lockShared|list) \d+-/.test(at);

describe.each(faults)('$errno', (fault) => {
  const { code } = fault;
  test.for(works)('S18 at each operation of $what', { timeout: 120_000 }, async (work) => {
    const operations = await forEachOperation(
      work,
      fault,
      (nth, failAt) => nth === failAt,
      async ({ disk, storage, at, outcome }) => {
        if (outcome === 'done') expect(at).toSatisfy(work.run === scrub ? mayTryAgain : mayGoOn);
        else expect([at, outcome]).toEqual([at, expect.stringMatching(codeOrIndeterminate(code))]);
        expect([at, storage.held()]).toEqual([at, nothingHeld]);
        const text = await currentText(disk);
        if (outcome === 'commit_indeterminate') expect(['old', work.after]).toContain(text);
        else expect([at, text]).toEqual([at, outcome === 'done' ? work.after : 'old']);
        await expectSound(disk);
      },
    );
    expect(operations).toBeGreaterThanOrEqual(5);
  });

  test.for(works)('S18 from each operation of $what on', { timeout: 120_000 }, async (work) => {
    await forEachOperation(
      work,
      fault,
      (nth, failAt) => nth >= failAt,
      async ({ disk, storage, at, outcome }) => {
        expect([at, outcome]).toEqual([
          at,
          expect.stringMatching(`^done$|${codeOrIndeterminate(code).source}`),
        ]);
        expect([at, storage.held()]).toEqual([at, nothingHeld]);
        const allowed = outcome === 'done' || outcome === 'commit_indeterminate';
        expect(allowed ? ['old', work.after] : ['old']).toContain(await currentText(disk));
        await expectSound(disk);
      },
    );
  });
});

const codeOrIndeterminate = (code: string): RegExp =>
  new RegExp(`^(?:${code}|commit_indeterminate)$`);

test.for(['storage_failed', 'storage_denied'] as const)(
  'S14 S18 a version of which anything ends in %s keeps no other from being looked at',
  async (code) => {
    const disk = await diskWithDebris();
    const [newest, older] = await storeOn(disk).list();
    for (const name of ['lockShared', 'openFile', 'facts', 'read', 'list']) {
      const storage = disk.another({
        onOperation(operation) {
          const isOf = operation.path.split('/')[0] === newest?.content;
          if (isOf && operation.name === name) throw new OffstageError(code, 'It is bad.');
        },
      });
      const { ok, versions } = await storeOn(storage).verify();
      expect([name, ok, versions.map(({ gen }) => gen)]).toEqual([name, false, [2, 1]]);
      expect(versions[0]?.problems[0]?.problem).toMatch(/^cannot be read/);
      expect(versions[1]).toMatchObject({ version: older?.version, files: 2, problems: [] });
      expect(storage.held()).toEqual(nothingHeld);
    }
  },
);

describe('a disk that is full', () => {
  test.for(works)('S18 at each step of $what, until something is deleted', async (work) => {
    const start = await diskWithDebris();
    start.files.write('ballast', 'x'.repeat(4096));
    const used = start.usedBytes;
    let refused = 0;
    for (let free = 0; ; free += 8) {
      const disk = start.afterKill();
      const full = { ...work.disk, capacityBytes: used + free };
      const storage = disk.another(full);
      const outcome = await outcomeOf(work.run(storage));
      expect([free, storage.held()]).toEqual([free, nothingHeld]);
      if (outcome === 'done') {
        expect(await currentText(disk)).toBe(work.after);
        break;
      }
      refused += 1;
      expect([free, outcome]).toEqual([free, 'storage_full']);
      expect(await currentText(disk)).toBe('old');
      // A recovery needs no space.
      await storeOn(disk.another(full)).recover();
      disk.files.remove('ballast');
      await work.run(disk.another(full));
      expect(await currentText(disk)).toBe(work.after);
      await expectSound(disk);
    }
    const writes = work.after !== 'old';
    expect(refused > 5).toBe(writes);
  });
});
