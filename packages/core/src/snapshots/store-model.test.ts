import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OffstageError } from '../foundation/errors.ts';
import { type MemoryStorage, memoryStorage } from '../testing/memory-storage.ts';
import { type Store, storeOn } from '../testing/storage-suite-kit.ts';
import type { Draft } from './draft.ts';
import type { Version } from './version.ts';

type Files = ReadonlyMap<string, string>;

/** What two handles on one place should have done. */
interface Model {
  gen: number;
  /** What was published, by generation. */
  readonly published: Map<number, Files>;
  /** Who holds the lock, and what is in the draft. */
  writer: { readonly handle: number; readonly files: Map<string, string> } | undefined;
}

interface Handle {
  readonly store: Store;
  readonly storage: MemoryStorage;
  draft: Draft<{ readonly text: string }> | undefined;
  readonly open: Version[];
}

interface Real {
  readonly handles: readonly Handle[];
}

type Step = (model: Model, real: Real) => Promise<void>;

class Command implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #run: Step;

  constructor(name: string, run: Step) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.#run(model, real);
    await checkInvariants(model, real);
  }

  toString(): string {
    return this.#name;
  }
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (OffstageError.isInstance(error) ? error.code : error),
  );

async function contentOf(version: Version): Promise<Files> {
  const files = new Map<string, string>();
  for (const { path } of version.manifest.entries) {
    files.set(path, await new Response(await version.open(path)).text());
  }
  return files;
}

const sorted = (files: Files | undefined): readonly (readonly [string, string])[] =>
  [...(files ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));

async function checkInvariants(model: Model, { handles }: Real): Promise<void> {
  for (const { store, open } of handles) {
    const current = await store.current();
    expect(current?.gen ?? 0).toBe(model.gen);
    if (current !== undefined) {
      expect(sorted(await contentOf(current))).toEqual(sorted(model.published.get(model.gen)));
    }
    await current?.[Symbol.asyncDispose]();
    for (const version of open) {
      expect(sorted(await contentOf(version))).toEqual(sorted(model.published.get(version.gen)));
    }
    const gens = (await store.list()).map(({ gen }) => gen);
    expect(gens).toEqual(gens.toSorted((a, b) => b - a));
    expect((await store.verify()).ok).toBe(true);
  }
}

const handleOf = (real: Real, index: number): Handle => {
  const handle = real.handles[index];
  if (handle === undefined) throw new Error(`There is no handle ${index}.`);
  return handle;
};

const begin = (index: number): Step => {
  return async (model, real) => {
    const handle = handleOf(real, index);
    if (model.writer !== undefined) {
      expect(await codeOf(handle.store.begin())).toBe('locked');
      return;
    }
    handle.draft = await handle.store.begin();
    model.writer = { handle: index, files: new Map() };
  };
};

const write =
  (index: number, path: string, text: string): Step =>
  async (model, real) => {
    const { draft } = handleOf(real, index);
    if (draft === undefined || model.writer?.handle !== index) return;
    const taken = model.writer.files.has(path);
    expect(await codeOf(draft.write(path, text))).toBe(taken ? 'invalid_path' : 'done');
    if (!taken) model.writer.files.set(path, text);
  };

const copy =
  (index: number, path: string): Step =>
  async (model, real) => {
    const { draft, store } = handleOf(real, index);
    if (draft === undefined || model.writer?.handle !== index) return;
    const last = await store.current();
    if (last === undefined) return;
    const text = model.published.get(last.gen)?.get(path);
    const taken = model.writer.files.has(path);
    const expected = text === undefined ? 'not_found' : taken ? 'invalid_path' : 'done';
    expect(await codeOf(draft.copyFrom(last, path))).toBe(expected);
    if (expected === 'done' && text !== undefined) model.writer.files.set(path, text);
    await last[Symbol.asyncDispose]();
  };

const change =
  (index: number, path: string, text: string): Step =>
  async (model, real) => {
    const { draft, storage } = handleOf(real, index);
    if (draft === undefined || model.writer?.handle !== index) return;
    // Only what was written by a library, or copied, may be written to by one.
    const name = `native/${path}`;
    storage.files.write(draft.path(name), text);
    model.writer.files.set(name, text);
  };

const finalize =
  (index: number): Step =>
  async (model, real) => {
    const handle = handleOf(real, index);
    if (handle.draft === undefined || model.writer?.handle !== index) return;
    const { gen } = await handle.draft.finalize({ text: 'x' });
    expect(gen).toBe(model.gen + 1);
    model.gen = gen;
    model.published.set(gen, model.writer.files);
    handle.draft = undefined;
    model.writer = undefined;
  };

const discard =
  (index: number): Step =>
  async (model, real) => {
    const handle = handleOf(real, index);
    if (handle.draft === undefined) return;
    await handle.draft.discard();
    handle.draft = undefined;
    model.writer = undefined;
  };

const rollback =
  (index: number, back: number): Step =>
  async (model, real) => {
    const { store } = handleOf(real, index);
    const target = model.gen - back;
    const isKept = (await store.list()).some(({ gen }) => gen === target);
    const expected = model.writer ? 'locked' : isKept ? 'done' : 'not_found';
    expect(await codeOf(store.rollback(target))).toBe(expected);
    if (expected !== 'done') return;
    model.gen += 1;
    model.published.set(model.gen, model.published.get(target) ?? new Map());
  };

const recover =
  (index: number): Step =>
  async (model, real) => {
    const { store } = handleOf(real, index);
    expect(await codeOf(store.recover())).toBe(model.writer ? 'locked' : 'done');
  };

const open =
  (index: number): Step =>
  async (_, real) => {
    const { store, open: versions } = handleOf(real, index);
    const version = await store.current();
    if (version !== undefined) versions.push(version);
  };

const close =
  (index: number): Step =>
  async (_, real) => {
    await handleOf(real, index).open.shift()?.[Symbol.asyncDispose]();
  };

const handle = fc.nat({ max: 1 });
const path = fc.constantFrom('a.txt', 'b.txt', 'sub/c.txt', 'native/a.txt');
const text = fc.constantFrom('', 'one', 'two');

const commands = [
  handle.map((h) => new Command(`begin ${h}`, begin(h))),
  fc.tuple(handle, path, text).map(([h, p, t]) => new Command(`write ${h} ${p}`, write(h, p, t))),
  fc
    .tuple(handle, fc.constantFrom('a.txt', 'sub/c.txt', 'native/x.bin'))
    .map(([h, p]) => new Command(`copy ${h} ${p}`, copy(h, p))),
  fc
    .tuple(handle, fc.constantFrom('x.bin', 'y.bin'), text)
    .map(([h, p, t]) => new Command(`change ${h} ${p}`, change(h, p, t))),
  handle.map((h) => new Command(`finalize ${h}`, finalize(h))),
  handle.map((h) => new Command(`discard ${h}`, discard(h))),
  fc
    .tuple(handle, fc.nat({ max: 4 }))
    .map(([h, back]) => new Command(`rollback ${h} by ${back}`, rollback(h, back))),
  handle.map((h) => new Command(`recover ${h}`, recover(h))),
  handle.map((h) => new Command(`open ${h}`, open(h))),
  handle.map((h) => new Command(`close ${h}`, close(h))),
];

test('S3 S7 S8 S10 S11 S12 two handles do what a simple model does', {
  timeout: 120_000,
}, async () => {
  const disks = fc.constantFrom({}, { reflinks: true }, { hardLinks: false }, { syncTreeFrom: 2 });
  await fc.assert(
    fc.asyncProperty(disks, fc.commands(commands, { maxCommands: 40 }), async (disk, steps) => {
      const storage = memoryStorage(disk);
      const handles = [storage, storage.another(disk)].map((each) => ({
        store: storeOn(each, { retain: 2 }),
        storage: each,
        draft: undefined,
        open: [],
      }));
      const setup = () => ({
        model: { gen: 0, published: new Map(), writer: undefined },
        real: { handles },
      });
      await fc.asyncModelRun(setup, steps);
    }),
    { numRuns: process.env.OFFSTAGE_LONG === '1' ? 5000 : 100 },
  );
});
