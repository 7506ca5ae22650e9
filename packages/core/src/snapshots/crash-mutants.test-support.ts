import type { CrashScenario } from '../testing/crash-scenario.ts';
import type { MemoryOperation, MemorySync, SyncEffect } from '../testing/memory-storage.ts';
import {
  atOnce,
  oneByOne,
  overlaid,
  scenarios,
  withoutKey,
} from './crash-scenarios.test-support.ts';
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
const isPayload: Which = (sync) => inDraft(sync) && sync.name === 'syncFile';
const isDraftFolder: Which = (sync) => inDraft(sync) && sync.name === 'syncDirectory';

const change =
  (which: Which, effect: SyncEffect): Mutant['mutate'] =>
  (applied) => ({
    syncs(sync) {
      if (!which(sync)) return 'durable';
      applied();
      return effect;
    },
  });

const commit = ({ path }: MemoryOperation): boolean => path === 'CURRENT.tmp -> CURRENT';
const removal = ({ name }: MemoryOperation): boolean => name === 'removeTree';
const never = (): boolean => false;
const draftMade = ({ name }: MemoryOperation): boolean => name === 'makeDirectory';
const draftRenamed = ({ name, path }: MemoryOperation): boolean =>
  name === 'rename' && path.startsWith('_tmp-');

/** Some primitives done in another way. */
const done =
  (
    otherwise: (directory: StorageDirectory, applied: () => void) => Partial<StorageDirectory>,
  ): Mutant['mutate'] =>
  (applied) => ({ wrap: (directory) => overlaid(directory, otherwise(directory, applied)) });

const { first, second, retention, leased, rollback, hardLinks, reflinks } = scenarios;
// What went wrong, in the words of the store and of the simulator.
const damaged = /damaged|missing|no CURRENT|an older CURRENT was put back/;
const lost = /^current is|an older CURRENT was put back/;
const readerHurt = /has .+ open, and files of it are gone/;
const debrisLeft = /^it left/;

/** Every fsync of the protocol, left out by itself. */
const skipped: readonly (readonly [string, CrashScenario, Which, RegExp])[] = [
  ['a payload file', second, file(`${draft}/a.txt`), damaged],
  ['a file of a native library', second, file(`${draft}/sub/native.bin`), damaged],
  ['the manifest', second, file(`${draft}/manifest.json`), damaged],
  ['a folder of the payload', second, folder(`${draft}/sub`), damaged],
  ['the draft', second, folder(draft), damaged],
  ['the root, before the commit', second, root(1), damaged],
  ['the next CURRENT', second, file('CURRENT.tmp'), damaged],
  ['the root, after the commit', second, root(2), lost],
  ['the root, by a recovery', retention, root(0), damaged],
  ['the root, after a store was initialised', first, root(0), damaged],
  ['the first CURRENT', first, file('CURRENT.tmp', 0), damaged],
  ['the next CURRENT of a rollback', rollback, file('CURRENT.tmp'), damaged],
  ['the root, after the commit of a rollback', rollback, root(1), lost],
  ['a reflink', reflinks, file(`${draft}/a.txt`), damaged],
  ['a copy of a link that was written to', hardLinks, file(`${draft}/sub/native.bin`), damaged],
  ['everything in one call', atOnce(second), tree, damaged],
  ['a file, where that call fails', oneByOne(second), file(`${draft}/a.txt`), damaged],
  ['the manifest, there', oneByOne(second), file(`${draft}/manifest.json`), damaged],
  ['a folder, there', oneByOne(second), folder(`${draft}/sub`), damaged],
  ['the draft, there', oneByOne(second), folder(draft), damaged],
];

/** Every order that the protocol keeps, turned round by putting a sync off. */
const reordered: readonly (readonly [
  string,
  CrashScenario,
  Which,
  (operation: MemoryOperation) => boolean,
  RegExp,
])[] = [
  ['the payload is synced after CURRENT was replaced', second, isPayload, commit, damaged],
  ['the folders of the draft are synced after that', second, isDraftFolder, commit, damaged],
  ['the one call comes after that', atOnce(second), tree, commit, damaged],
  [
    'CURRENT is replaced before its content is synced',
    second,
    file('CURRENT.tmp'),
    commit,
    damaged,
  ],
  ['CURRENT is replaced before the root is synced', second, root(1), commit, damaged],
  ['retention begins before the commit is durable', retention, root(2), removal, damaged],
  ['a publish is acknowledged before it is durable', second, root(2), never, lost],
  ['a recovery deletes before it settles CURRENT', retention, root(0), removal, damaged],
  ['a draft is made before its store is initialised', first, root(0), draftMade, damaged],
];

/** Primitives that do something else than they should. */
const changed: readonly Mutant[] = [
  {
    what: 'drafts are staged in another folder than the versions',
    scenario: { ...second, own: ['staging'] },
    finds: damaged,
    mutate: done(staged),
  },
  {
    what: 'leases are looked at before the commit only',
    scenario: leased,
    finds: readerHurt,
    mutate: done((directory, applied) => {
      let looks = 0;
      return {
        async lockedShared(paths) {
          looks += 1;
          // Of a publish the first look is recovery's, the second one retention's plan.
          if (looks <= 2) return directory.lockedShared(paths);
          applied();
          return new Set();
        },
      };
    }),
  },
  {
    what: 'leases are never looked at',
    scenario: leased,
    finds: readerHurt,
    mutate: done((_, applied) => ({
      async lockedShared() {
        applied();
        return new Set();
      },
    })),
  },
  {
    what: 'CURRENT is removed and then replaced',
    scenario: second,
    finds: /no CURRENT/,
    mutate: done((directory, applied) => ({
      async rename(from, to) {
        if (to === 'CURRENT') {
          applied();
          await directory.removeFile(to);
        }
        await directory.rename(from, to);
      },
    })),
  },
  {
    what: 'a native library writes to a link without a copy of its own',
    scenario: hardLinks,
    finds: /another name elsewhere/,
    mutate: done((_, applied) => ({ unlinkCopySync: applied })),
  },
  {
    what: 'a version is published without its key',
    scenario: withoutKey,
    finds: /published twice/,
    // It is the scenario that is spoilt.
    mutate: (applied) => ({
      syncs() {
        applied();
        return 'durable';
      },
    }),
  },
  {
    what: 'drafts are left where they are',
    scenario: second,
    finds: debrisLeft,
    mutate: done((_, applied) => ({
      async removeTree() {
        applied();
      },
    })),
  },
  {
    what: 'CURRENT.tmp is left where it is',
    scenario: second,
    finds: debrisLeft,
    mutate: done((_, applied) => ({
      async removeFile() {
        applied();
      },
    })),
  },
];

export const mutants: readonly Mutant[] = [
  ...skipped.map(([what, scenario, which, finds]) => ({
    what: `without the fsync of ${what}`,
    scenario,
    finds,
    mutate: change(which, 'ignored'),
  })),
  ...reordered.map(([what, scenario, which, until, finds]) => ({
    what,
    scenario,
    finds,
    mutate: change(which, { until }),
  })),
  ...changed,
];

/** What may be done in another way without harm, which tells what each step is not there for. */
export const harmless: readonly Omit<Mutant, 'finds'>[] = [
  {
    what: 'a draft gets the name of a version before it is synced: CURRENT alone makes it one',
    scenario: retention,
    mutate: change(inDraft, { until: draftRenamed }),
  },
  {
    what: 'a hard link is not synced once more: its content was, when it was first published',
    scenario: hardLinks,
    mutate: change(file(`${draft}/a.txt`), 'ignored'),
  },
  {
    what: 'a version is removed under its own name: that is for readers, who see it whole or not',
    scenario: retention,
    mutate: done((directory, applied) => {
      const names = new Map<string, string>();
      return {
        async rename(from, to) {
          if (!to.startsWith('_del-')) return directory.rename(from, to);
          applied();
          names.set(to, from);
        },
        removeTree: (path) => directory.removeTree(names.get(path) ?? path),
      };
    }),
  },
];

/** Drafts one level further down: the rename that makes a version of one is between two folders. */
function staged(directory: StorageDirectory, applied: () => void): Partial<StorageDirectory> {
  const at = (path: string): string => (path.startsWith('_tmp-') ? `staging/${path}` : path);
  return {
    async createRoot() {
      await directory.createRoot();
      await directory.makeDirectory('staging');
    },
    async list(path) {
      const listed = await directory.list(at(path));
      if (path !== '' || listed === undefined) return listed;
      return [...listed, ...((await directory.list('staging')) ?? [])];
    },
    rename(from, to) {
      if (from.startsWith('_tmp-')) applied();
      return directory.rename(at(from), at(to));
    },
    stat: (path) => directory.stat(at(path)),
    statAll: (paths) => directory.statAll(paths.map(at)),
    makeDirectory: (path) => directory.makeDirectory(at(path)),
    resolve: (path) => directory.resolve(at(path)),
    ensureDirectorySync: (path) => directory.ensureDirectorySync(at(path)),
    createFile: (path) => directory.createFile(at(path)),
    openFile: (path) => directory.openFile(at(path)),
    examineFiles: (requests, options) =>
      directory.examineFiles(
        requests.map((request) => ({ ...request, path: at(request.path) })),
        options,
      ),
    syncDirectory: (path) => directory.syncDirectory(at(path)),
    removeFile: (path) => directory.removeFile(at(path)),
    removeTree: (path) => directory.removeTree(at(path)),
  };
}
