import { OffstageError } from '../foundation/errors.ts';
import type { StandardSchema } from '../foundation/standard-schema.ts';
import type { SnapshotStorage } from '../snapshots/storage.ts';
import { SnapshotStore, type SnapshotStoreOptions } from '../snapshots/store.ts';
import type { Version } from '../snapshots/version.ts';
import type { FinalizeOptions, Published } from '../snapshots/writer-session.ts';
import { type SimulatedClock, settle } from './simulated-clock.ts';
import type { SuiteFiles } from './suite-files.ts';
import type { SuiteRunner } from './suite-runner.ts';

export interface StorageUnderTest {
  readonly storage: SnapshotStorage;
  /** The same place through a handle of its own, as another process has it. */
  another(): SnapshotStorage;
  readonly files: SuiteFiles;
  dispose(): Promise<void>;
}

export interface StorageSuiteOptions {
  readonly name: string;
  /** An empty place of its own for each test. */
  readonly create: () => Promise<StorageUnderTest>;
}

export type Note = { readonly text: string };

export const metadata: StandardSchema<Note> = {
  '~standard': {
    version: 1,
    vendor: 'storage-suite',
    validate: (value) =>
      typeof value === 'object' && value !== null && typeof Reflect.get(value, 'text') === 'string'
        ? { value: { text: String(Reflect.get(value, 'text')) } }
        : { issues: [{ message: 'Expected string', path: ['text'] }] },
  },
};

export type Store = SnapshotStore<typeof metadata>;
type Options = Partial<SnapshotStoreOptions<typeof metadata>>;

export const storeOn = (storage: SnapshotStorage, options: Options = {}): Store =>
  new SnapshotStore({ storage, metadata, lockTimeoutMs: 0, ...options });

/** What the suite's tests are written with. */
export interface SuiteKit {
  readonly name: string;
  readonly runner: SuiteRunner;
  readonly expect: SuiteRunner['expect'];
  /** A test with a place of its own. */
  test(title: string, body: (place: StorageUnderTest) => Promise<void>): void;
  expectCode(work: Promise<unknown>, code: string): Promise<OffstageError>;
  /** The text of the current version, after a look that its file says the same. */
  currentText(store: Store): Promise<string | undefined>;
}

export function suiteKit(runner: SuiteRunner, { name, create }: StorageSuiteOptions): SuiteKit {
  const { expect } = runner;
  return {
    name,
    runner,
    expect,
    test: (title, body) =>
      runner.test(title, async () => {
        const place = await create();
        try {
          await body(place);
        } finally {
          await place.dispose();
        }
      }),
    async expectCode(work, code) {
      const error = await rejectionOf(work);
      if (!OffstageError.isInstance(error)) throw error;
      expect(error.code).toBe(code);
      return error;
    },
    async currentText(store) {
      await using version = await store.current();
      const text = await textOf(version, 'text.txt');
      expect(text).toBe(version?.metadata.text);
      return text;
    },
  };
}

/** Publishes a version whose one file says the same as its metadata. */
export async function publish(
  store: Store,
  text: string,
  options: FinalizeOptions = {},
): Promise<Published> {
  await using draft = await store.begin();
  await draft.write('text.txt', text);
  return await draft.finalize({ text }, options);
}

/** What the layout has named, apart from the fixed names. */
export const contents = ({ files }: StorageUnderTest): readonly string[] =>
  files.list('').filter((entry) => /^(?:_tmp|_del|\d+)-/.test(entry));

export async function textOf(
  version: Version | undefined,
  path: string,
): Promise<string | undefined> {
  return version && new Response(await version.open(path)).text();
}

export const rejectionOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('It was to be refused, and was not.');
    },
    (error: unknown) => error,
  );

export async function codeOfRejection(work: Promise<unknown>): Promise<unknown> {
  const error = await rejectionOf(work);
  return OffstageError.isInstance(error) ? error.code : error;
}

export function codeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return OffstageError.isInstance(error) ? error.code : error;
  }
}

/** Moves the clock on in small steps until `work` is settled or the time is over. */
export async function advance(
  clock: SimulatedClock,
  work: Promise<unknown>,
  durationMs: number,
): Promise<void> {
  let settled = false;
  const done = (): void => {
    settled = true;
  };
  void work.then(done, done);
  const untilMs = clock.now() + durationMs;
  // Real storage takes real turns of the event loop between two ticks of the simulated clock.
  while (!settled) {
    await settle();
    if (clock.pending > 0 && clock.now() < untilMs) await clock.advance(10);
  }
}
