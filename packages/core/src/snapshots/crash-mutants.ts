import type { CrashScenario } from '../testing/crash-scenario.ts';
import type { MemoryOperation, MemorySync, SyncEffect } from '../testing/memory-storage.ts';
import { atOnce, notAtOnce, scenarios } from './crash-scenarios.ts';
import type { StorageDirectory } from './directory.ts';

/** The protocol with one step left out, put off or done in another way. */
export interface Mutant {
  readonly what: string;
  readonly scenario: CrashScenario;
  /** What is wrong then, as the simulator tells it. */
  readonly finds: RegExp;
  /** `applied` is to be called whenever the step would have come. */
  readonly mutate: (applied: () => void) => NonNullable<CrashScenario['disk']>;
}

type Which = (sync: MemorySync) => boolean;

const draft = String.raw`_tmp-\w{16}`;

const file =
  (path: string, nth?: number): Which =>
  (sync) =>
    sync.name === 'syncFile' &&
    new RegExp(`^${path}$`).test(sync.path) &&
    (nth === undefined || sync.nth === nth);

const folder =
  (path: string): Which =>
  ({ name, path: synced }) =>
    name === 'syncDirectory' && new RegExp(`^${path}$`).test(synced);

/** Of a writer: 0 is recovery's or initialisation's, then before and after the commit. */
const root =
  (nth: number): Which =>
  (sync) =>
    sync.name === 'syncDirectory' && sync.path === '' && sync.nth === nth;

const tree: Which = ({ name }) => name === 'syncTree';
const inDraft: Which = ({ path }) => path.startsWith('_tmp-');

const change = (which: Which, effect: SyncEffect): Mutant['mutate'] => {
  return (applied) => ({
    syncs(sync) {
      if (!which(sync)) return 'durable';
      applied();
      return effect;
    },
  });
};

const without = (which: Which): Mutant['mutate'] => change(which, 'ignored');
const putOff = (which: Which, until: (operation: MemoryOperation) => boolean): Mutant['mutate'] =>
  change(which, { until });

const commit = ({ path }: MemoryOperation): boolean => path === 'CURRENT.tmp -> CURRENT';
const removal = ({ name }: MemoryOperation): boolean => name === 'removeTree';
const draftMade = ({ name }: MemoryOperation): boolean => name === 'makeDirectory';
const draftRenamed = ({ name, path }: MemoryOperation): boolean =>
  name === 'rename' && path.startsWith('_tmp-');

/** Some primitives done in another way. */
const done =
  (
    otherwise: (directory: StorageDirectory, applied: () => void) => Partial<StorageDirectory>,
  ): Mutant['mutate'] =>
  (applied) => ({ wrap: (directory) => overlaid(directory, otherwise(directory, applied)) });

function overlaid(directory: StorageDirectory, over: Partial<StorageDirectory>): StorageDirectory {
  return new Proxy(directory, {
    get(target, key) {
      const value: unknown = Reflect.get(over, key) ?? Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const { first, second, retention, leased, rollback, hardLinks, reflinks } = scenarios;
const damaged = /damaged|missing|corrupt|no JSON|not what was published|no snapshot|no CURRENT/;
const lost = /current is/;

/** Every fsync of the protocol, left out by itself. */
export const skipped: readonly Mutant[] = [
  ['a payload file', second, file(`${draft}/a.txt`), damaged],
  ['a file of a native library', second, file(`${draft}/sub/native.bin`), damaged],
  ['the manifest', second, file(`${draft}/manifest.json`), damaged],
  ['a folder of the payload', second, folder(`${draft}/sub`), damaged],
  ['the draft', second, folder(draft), damaged],
  ['the root, before the commit', second, root(1), damaged],
  ['the next CURRENT', second, file('CURRENT.tmp'), damaged],
  ['the root, after the commit', second, root(2), lost],
  ['the root, before a recovery deletes', retention, root(0), damaged],
  ['the root, after a store was initialised', first, root(0), damaged],
  ['the first CURRENT', first, file('CURRENT.tmp', 0), damaged],
  ['the next CURRENT of a rollback', rollback, file('CURRENT.tmp'), damaged],
  ['the root, after the commit of a rollback', rollback, root(1), lost],
  ['a reflink', reflinks, file(`${draft}/a.txt`), damaged],
  ['a copy of a link that was written to', hardLinks, file(`${draft}/sub/native.bin`), damaged],
  ['everything in one call', atOnce(second), tree, damaged],
  ['a file, where that call fails', notAtOnce(second), file(`${draft}/a.txt`), damaged],
  ['the manifest, there', notAtOnce(second), file(`${draft}/manifest.json`), damaged],
  ['the draft, there', notAtOnce(second), folder(draft), damaged],
].map(([what, scenario, which, finds]) => ({
  what: `without the fsync of ${what}`,
  scenario,
  finds,
  mutate: without(which),
}));
