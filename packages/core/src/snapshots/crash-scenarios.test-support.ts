import type { StandardSchema } from '../foundation/standard-schema.ts';
import type { CrashPlace, CrashScenario } from '../testing/crash-scenario.ts';
import type { StorageDirectory } from './directory.ts';
import { SnapshotStore } from './store.ts';

interface Note {
  readonly text: string;
}

const metadata: StandardSchema<Note> = {
  '~standard': { version: 1, vendor: 'crash', validate: (value) => ({ value: value as Note }) },
};

const storeOn = (place: CrashPlace, retain: number): SnapshotStore<typeof metadata> =>
  new SnapshotStore({ ...place, metadata, retain, lockTimeoutMs: 0 });

/** Two payload files: one streamed through the draft, one by a native library in a folder. */
async function publish(place: CrashPlace, text: string, retain = 5): Promise<void> {
  await using draft = await storeOn(place, retain).begin();
  await draft.write('a.txt', text);
  place.storage.files.write(draft.path('sub/native.bin'), `${text}, native`);
  await draft.finalize({ text });
}

/** Takes one file over from the current version, changes another in place, and writes a third. */
async function publishCopies(place: CrashPlace, text: string): Promise<void> {
  const store = storeOn(place, 1);
  await using last = await store.current();
  if (last === undefined) throw new Error('There is no version to copy from.');
  await using draft = await store.begin();
  await draft.copyFrom(last, ['a.txt', 'sub/native.bin']);
  place.storage.files.write(draft.path('sub/native.bin'), `${text}, changed in place`);
  await draft.write(`${text}.txt`, text);
  await draft.finalize({ text });
}

/** As an attempt of a job does that may have published before, and was killed (S19). */
async function publishOnce(place: CrashPlace, key: string | undefined): Promise<void> {
  await using draft = await storeOn(place, 5).begin();
  await draft.write('a.txt', 'new');
  await draft.finalize({ text: 'new' }, { key });
}

/** That the next attempt has not published a second time, and then something else. */
async function publishOnceMore(place: CrashPlace): Promise<void> {
  await publishOnce(place, jobKey);
  const store = storeOn(place, 5);
  const texts: string[] = [];
  for (const { gen } of await store.list()) {
    await using version = await store.open(gen);
    texts.push(version.metadata.text);
  }
  if (texts.filter((text) => text === 'new').length !== 1)
    throw new Error('It was published twice.');
  await publish(place, 'next');
}

const jobKey = 'job 1';

/** Things of others in the root, which nobody may touch. */
function addBystanders({ storage }: CrashPlace): void {
  storage.files.write('notes.txt', 'mine');
  storage.files.makeDirectory('_tmp-mine');
  storage.files.write('_tmp-mine/cat.jpg', 'cat');
}

const withVersions =
  (...texts: readonly string[]) =>
  async (place: CrashPlace): Promise<void> => {
    for (const text of texts) await publish(place, text);
    addBystanders(place);
  };

const reflinks = { reflinks: true } as const;

/** A store's publishes and rollbacks, in what differs for a crash. */
export const scenarios = {
  first: {
    name: 'the first publish',
    publish: (place) => publish(place, 'new'),
  },
  second: {
    name: 'a publish after one version',
    setup: withVersions('old'),
    publish: (place) => publish(place, 'new'),
  },
  retention: {
    name: 'a publish that retention follows',
    setup: withVersions('old'),
    publish: (place) => publish(place, 'new', 1),
  },
  retentionOfTwo: {
    name: 'a publish after which two versions go',
    setup: withVersions('one', 'two'),
    publish: (place) => publish(place, 'new', 1),
  },
  leased: {
    name: 'a retention while readers have versions open, one since a moment before the commit',
    setup: withVersions('one', 'two'),
    publish: (place) => publish(place, 'new', 1),
    readers: [{ gen: 1 }, { gen: 2, from: ({ path }) => path === 'CURRENT.tmp -> CURRENT' }],
  },
  rollback: {
    name: 'a rollback',
    setup: withVersions('old', 'newer'),
    publish: async (place) => void (await storeOn(place, 5).rollback(1)),
    publishAgain: (place) => publish(place, 'next'),
  },
  afterRollback: {
    name: 'a publish after a rollback, with retention of what was rolled back',
    setup: async (place) => {
      await withVersions('old', 'newer')(place);
      await storeOn(place, 5).rollback(1);
    },
    publish: (place) => publish(place, 'new', 2),
  },
  hardLinks: {
    name: 'a publish of copies by hard link, with retention',
    setup: withVersions('old'),
    publish: (place) => publishCopies(place, 'new'),
    publishAgain: (place) => publishCopies(place, 'next'),
  },
  reflinks: {
    name: 'a publish of copies by reflink, with retention',
    setup: withVersions('old'),
    publish: (place) => publishCopies(place, 'new'),
    publishAgain: (place) => publishCopies(place, 'next'),
    disk: reflinks,
  },
  once: {
    name: 'a publish under a key, and the next attempt',
    setup: withVersions('old'),
    publish: (place) => publishOnce(place, jobKey),
    publishAgain: publishOnceMore,
  },
} satisfies Record<string, CrashScenario>;

/** The key is not kept with what was published. */
export const withoutKey: CrashScenario = {
  ...scenarios.once,
  publish: (place) => publishOnce(place, undefined),
};

/** The same where everything is synced by one call. */
export const atOnce = (scenario: CrashScenario): CrashScenario => ({
  ...scenario,
  name: `${scenario.name}, synced by one call`,
  disk: { ...scenario.disk, syncTreeFrom: 1 },
});

/** The same where that call turns out not to be had, when everything is written. */
export const oneByOne = (scenario: CrashScenario): CrashScenario => ({
  ...scenario,
  name: `${scenario.name}, synced one by one after all`,
  disk: {
    ...scenario.disk,
    syncTreeFrom: 1,
    wrap: (directory) => overlaid(directory, { syncTree: async () => false }),
  },
});

/** A directory some of whose primitives are others. */
export function overlaid(
  directory: StorageDirectory,
  over: Partial<StorageDirectory>,
): StorageDirectory {
  return new Proxy(directory, {
    get(target, key) {
      const value: unknown = Reflect.get(over, key) ?? Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
