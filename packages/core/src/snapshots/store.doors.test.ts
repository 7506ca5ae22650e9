import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import {
  type HostileOptions,
  hostileArguments,
  hostileOptions,
  isCoded,
  outcomeOf,
} from '../testing/hostile-options.ts';
import { hostileValues } from '../testing/hostile-values.ts';
import { type MemoryStorage, memoryStorage } from '../testing/memory-storage.ts';
import { settle, simulatedClock } from '../testing/simulated-clock.ts';
import type { Draft } from './draft.ts';
import { SnapshotStore } from './store.ts';
import type { Version } from './version.ts';

// What plain JavaScript passes has no types.
// biome-ignore lint/suspicious/noExplicitAny: as above.
type Untyped = any;

const anything: StandardSchema = {
  '~standard': { version: 1, vendor: 'doors', validate: (value) => ({ value }) },
};

interface Place {
  readonly storage: MemoryStorage;
  readonly store: SnapshotStore;
  readonly version: Version;
  /** Begins a draft, which ends with the test of its door. */
  draft(): Promise<Draft>;
}

type Door = (given: Untyped, place: Place) => unknown;

const storeOptions = {
  storage: memoryStorage(),
  metadata: anything,
  retain: 2,
  minAgeMs: 0,
  lockTimeoutMs: 0,
  verify: 'off',
  clock: simulatedClock(),
  newId: () => '0000000000000000',
};
const { signal } = new AbortController();
const writer = { signal, lockTimeoutMs: 0 };
const opened = { verify: 'off', lease: true };
const finalized = { signal, fence: () => true, key: 'once' };

const doors: readonly (readonly [what: string, given: readonly HostileOptions[], door: Door])[] = [
  ['SnapshotStore', hostileOptions(storeOptions), made],
  [
    'SnapshotStore, metadata',
    hostileArguments(),
    (given) => made({ ...storeOptions, metadata: { '~standard': { validate: given } } }),
  ],
  [
    'begin',
    hostileOptions(writer),
    async (given, { store }) => (await store.begin(given)).discard(),
  ],
  ['current', hostileOptions(opened), (given, { store }) => closed(store.current(given))],
  ['open, gen', hostileArguments(), (given, { store }) => closed(store.open(given))],
  ['open', hostileOptions(opened), (given, { store }) => closed(store.open(1, given))],
  [
    'watch',
    hostileOptions({ signal, after: 0, pollIntervalMs: 5 }),
    async (given, { store }) => {
      const watched = store.watch(given);
      try {
        return given?.after === 0 ? await watched.next() : undefined;
      } finally {
        void watched.return(undefined as never);
      }
    },
  ],
  ['verify', hostileOptions({ signal, lease: true }), (given, { store }) => store.verify(given)],
  ['rollback, gen', hostileArguments(), (given, { store }) => store.rollback(given)],
  [
    'rollback',
    hostileOptions({ ...writer, ...finalized }),
    (given, { store }) => store.rollback(1, given),
  ],
  ['recover', hostileOptions(writer), (given, { store }) => store.recover(given)],
  [
    'prune',
    hostileOptions({ ...writer, retain: 1, minAgeMs: 0 }),
    (given, { store }) => store.prune(given),
  ],
  [
    'repair',
    hostileOptions({ ...writer, confirm: () => true, gen: 1 }),
    (given, { store }) => store.repair(given),
  ],
  [
    'repair of a damaged store',
    // What `confirm` throws is its own.
    hostileOptions({ ...writer, confirm: () => true, gen: 1 }).filter(
      ({ name }) => name !== 'confirm is a function that throws',
    ),
    async (given, { store, storage }) => {
      storage.files.write('CURRENT', 'damaged');
      try {
        return await store.repair(given);
      } finally {
        await store.repair({ confirm: () => true });
      }
    },
  ],
  [
    'write, path',
    hostileArguments(),
    async (given, { draft }) => (await draft()).write(given, 'x'),
  ],
  [
    'write, source',
    hostileArguments(),
    async (given, { draft }) => (await draft()).write('a', given),
  ],
  [
    'write, a chunk',
    hostileArguments(),
    async (given, { draft }) =>
      (await draft()).write('a', {
        [Symbol.asyncIterator]: () => ({ next: async () => ({ value: given }) }),
      } as Untyped),
  ],
  [
    'write',
    hostileOptions({ mediaType: 'text/plain', signal }),
    async (given, { draft }) => {
      const begun = await draft();
      await begun.write('a', 'x', given);
      return begun.finalize(null);
    },
  ],
  [
    'copyFrom, version',
    hostileArguments(),
    async (given, { draft }) => (await draft()).copyFrom(given, 'a'),
  ],
  [
    'copyFrom, paths',
    hostileArguments(),
    async (given, { draft, version }) => (await draft()).copyFrom(version, given),
  ],
  [
    'copyFrom, path of a list',
    hostileArguments(),
    async (given, { draft, version }) => (await draft()).copyFrom(version, [given]),
  ],
  [
    'copyFrom',
    hostileOptions({ signal }),
    async (given, { draft, version }) => (await draft()).copyFrom(version, 'a', given),
  ],
  ['path', hostileArguments(), async (given, { draft }) => (await draft()).path(given)],
  [
    'adopt, path',
    hostileArguments(),
    async (given, { draft }) => (await draft()).adopt(given, '/a'),
  ],
  [
    'adopt, source',
    hostileArguments(),
    async (given, { draft }) => (await draft()).adopt('a', given),
  ],
  [
    'finalize, metadata',
    [
      ...hostileArguments(),
      ...hostileValues()
        // One of those that would be written for ever, and one that is deep, are enough.
        .filter(
          ({ name }) =>
            !/50 MB|huge|endless|shared|,000|again/.test(name) ||
            /^objects shared|^a list nested 100/.test(name),
        )
        .map(({ name, make }) => ({ name, options: make() })),
    ],
    async (given, { draft }) => (await draft()).finalize({ given }),
  ],
  [
    'finalize',
    hostileOptions(finalized),
    async (given, { draft }) => (await draft()).finalize(null, given),
  ],
  ['version.path', hostileArguments(), (given, { version }) => version.path(given)],
  [
    'version.open',
    hostileArguments(),
    async (given, { version }) => (await version.open(given)).cancel(),
  ],
  ['version.verify', hostileOptions({ signal }), (given, { version }) => version.verify(given)],
];

/** Has all that is looked at, and is none to the platform. */
const alike = {
  aborted: false,
  throwIfAborted() {},
  addEventListener() {},
  removeEventListener() {},
};

describe('F1 what comes through a door of a store', () => {
  test.each(doors)(
    'F1 S1 %s: what throws or is none is a coded error, and leaves nothing behind',
    async (_, given, door) => {
      const table = given.some(({ name }) => name === 'signal throws')
        ? [...given, { name: 'signal looks alike', options: { signal: alike } }]
        : given;
      const faults: string[] = [];
      for (const { name, options } of table) {
        const { place, leftOf } = await stage();
        const outcome = await outcomeOf(() => door(options, place), 5000);
        if (!isCoded(outcome)) faults.push(`${name}: ${outcome}`);
        const left = await leftOf();
        if (left !== undefined) faults.push(`${name}: left ${left}`);
      }
      expect(faults).toEqual([]);
    },
  );
});

test.each<[form: string, source: (bytes: Uint8Array) => Untyped]>([
  ['whole', (bytes) => bytes],
  ['as a chunk', (bytes) => streamOf(bytes)],
])(
  'F1 S3 bytes whose memory was given away are refused, and no empty file: %s',
  async (_, form) => {
    const { place, leftOf } = await stage();
    const bytes = new Uint8Array([1, 2, 3]);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const draft = await place.draft();
    await expect(draft.write('a', form(bytes))).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await leftOf()).toBe(undefined);
  },
);

test('F1 S3 bytes of another realm are written as they are', async () => {
  const { place } = await stage();
  const draft = await place.draft();
  const bytes: Untyped = runInNewContext('new Uint8Array([104, 105])');
  await draft.write('whole', bytes);
  await draft.write('chunk', streamOf(bytes));
  await draft.finalize(null);
  await using version = await place.store.current();
  for (const path of ['whole', 'chunk']) {
    expect(await new Response(await version?.open(path)).text()).toBe('hi');
  }
});

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A store that was made does what stores do. */
async function made(options: Untyped): Promise<void> {
  const store = new SnapshotStore(options);
  await using draft = await store.begin();
  await draft.finalize(null);
  await closed(store.current());
}

async function closed(opening: Promise<Version | undefined>): Promise<void> {
  await (await opening)?.[Symbol.asyncDispose]();
}

async function stage(): Promise<{ place: Place; leftOf(): Promise<string | undefined> }> {
  const storage = memoryStorage();
  const clock = simulatedClock();
  const store = new SnapshotStore({ storage, metadata: anything, lockTimeoutMs: 0, clock });
  await publish(store);
  const version = await store.current();
  if (version === undefined) throw new Error('Nothing was published.');
  const drafts: Draft[] = [];
  const draft = async (): Promise<Draft> => {
    const begun = await store.begin();
    drafts.push(begun);
    return begun;
  };
  const leftOf = async (): Promise<string | undefined> => {
    for (const begun of drafts) await begun.discard();
    await version[Symbol.asyncDispose]();
    await settle();
    const held = storage.held();
    const names = storage.files.list('').filter((name) => /^_tmp|\.tmp$/.test(name));
    const left = { held, names, timers: clock.pending };
    if (
      held.writerLocks + held.leases + held.openFiles > 0 ||
      names.length > 0 ||
      clock.pending > 0
    )
      return JSON.stringify(left);
    const next = await outcomeOf(async () => {
      await closed(store.current());
      await publish(store);
    });
    return next === 'fine' ? undefined : `no further publish: ${next}`;
  };
  return { place: { storage, store, version, draft }, leftOf };
}

async function publish(store: SnapshotStore): Promise<void> {
  await using draft = await store.begin();
  await draft.write('a', 'text');
  await draft.finalize(null);
}
