import { OffstageError } from '../foundation/errors.ts';
import { decodeCurrent } from './current.ts';
import type { StorageDirectory } from './directory.ts';
import { DirectoryDraft } from './directory-draft.ts';
import { examineContent, readWhole, writeNew } from './directory-files.ts';
import {
  currentName,
  currentTempName,
  decodeRecordedGen,
  doomedName,
  draftName,
  encodeRecordedGen,
  lockName,
  manifestName,
  parseName,
} from './layout.ts';
import type { SnapshotStorage } from './storage.ts';

/**
 * Snapshots in a directory: the order of writes, fsyncs and renames that makes a publish all or
 * nothing, over the primitives of a file system.
 */
export function directoryStorage(directory: StorageDirectory): SnapshotStorage {
  const readCurrent = (): Promise<Uint8Array | undefined> =>
    readWhole(directory, currentName, maxCurrentBytes);

  return {
    label: directory.label,
    durability: () => directory.durability(),
    createHash: () => directory.createHash(),

    async lock() {
      // CURRENT comes after the root's name was made durable.
      const isDurable = (await directory.stat(currentName)) !== undefined;
      await directory.createRoot({ isDurable });
      const lock = await directory.lock(lockName);
      return (
        lock && {
          isHeld: () => lock.isHeld(),
          recordedGen: async () => decodeRecordedGen(await lock.read()),
          recordGen: (gen) => lock.write(encodeRecordedGen(gen)),
          release: () => lock.release(),
        }
      );
    },

    readCurrent,
    async settleCurrent() {
      await directory.removeFile(currentTempName);
      await directory.syncDirectory('');
    },

    async commit(expectedGen, next, { lastLook, signal, replaceDamaged = false } = {}) {
      const before = replaceDamaged ? await readReplaced() : await readCurrent();
      const gen = before && (await genOf(before, replaceDamaged));
      if (gen !== expectedGen) throw movedOn(directory.label, expectedGen, gen);
      try {
        await directory.removeFile(currentTempName);
        await writeNew(directory, currentTempName, [next.bytes]);
        await lastLook?.();
        signal?.throwIfAborted();
      } catch (error) {
        await directory.removeFile(currentTempName).catch(() => undefined);
        throw error;
      }
      // The commit point. Nothing is awaited between it and the look at the signal.
      await directory
        .rename(currentTempName, currentName)
        .catch((error: unknown) => assertNotReplaced(error, before));
      await directory.syncDirectory('').catch((error: unknown) => {
        throw indeterminate(directory.label, error);
      });
    },

    async createDraft(id) {
      const name = draftName(id);
      if (await directory.makeDirectory(name)) return new DirectoryDraft(directory, name);
      throw new OffstageError('storage_failed', `The draft ${name} is there already.`);
    },

    async names() {
      const listed = (await directory.list('')) ?? [];
      return listed
        .filter(({ name, kind }) => kind === 'directory' && parseName(name) !== undefined)
        .map(({ name }) => name);
    },

    // A version gets another name first, so that what has a version's name is whole.
    async remove(name) {
      const parsed = parseName(name);
      if (parsed === undefined || (await directory.stat(name))?.kind !== 'directory') return;
      if (parsed.kind !== 'version') return directory.removeTree(name);
      const doomed = doomedName(parsed.id);
      await directory.rename(name, doomed);
      await directory.removeTree(doomed);
    },

    readManifest: (content) => readWhole(directory, `${content}/${manifestName}`, maxManifestBytes),

    async openFile(content, path) {
      const file = await directory.openFile(`${content}/${path}`);
      if (file === undefined || file === 'unsafe') return undefined;
      let bytes: number | undefined;
      try {
        ({ bytes } = await file.facts());
        return { bytes, chunks: () => file.chunks(), close: () => file.close() };
      } finally {
        if (bytes === undefined) await file.close();
      }
    },

    nativePath: (content, path) => directory.resolve(`${content}/${path}`),

    examine: (content, signal) => examineContent(directory, content, signal),

    // The manifest is there as long as the version is, and unlike a file of its own it cannot be
    // deleted by itself.
    lease: (content) => directory.lockShared(`${content}/${manifestName}`),
    async leased(contents) {
      const paths = new Map(contents.map((content) => [`${content}/${manifestName}`, content]));
      const locked = await directory.lockedShared([...paths.keys()]);
      return new Set([...paths].filter(([path]) => locked.has(path)).map(([, content]) => content));
    },

    watch: (onChange) => directory.watch(onChange),
  };

  /** What a repair replaces: nothing, where it is no file. A rename replaces all but a directory. */
  async function readReplaced(): Promise<Uint8Array | undefined> {
    if ((await directory.stat(currentName))?.kind === 'directory') {
      throw new OffstageError(
        'corrupt',
        `${currentName} in ${directory.label} is a directory: move it elsewhere, then repair again.`,
      );
    }
    try {
      return await readCurrent();
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }

  async function genOf(current: Uint8Array, mayBeDamaged: boolean): Promise<number | undefined> {
    try {
      return (await decodeCurrent(current, directory)).gen;
    } catch (error) {
      if (mayBeDamaged && isCorrupt(error)) return undefined;
      throw error;
    }
  }

  // A rename that reports an error has not happened, on a local disk. Elsewhere one looks.
  async function assertNotReplaced(error: unknown, before: Uint8Array | undefined): Promise<never> {
    const now = await readCurrent().catch(() => null);
    if (now === null || !sameBytes(now, before)) throw indeterminate(directory.label, error);
    await directory.removeFile(currentTempName).catch(() => undefined);
    throw error;
  }
}

const isCorrupt = (error: unknown): boolean =>
  OffstageError.isInstance(error) && error.code === 'corrupt';

// Some hundreds of thousands of versions; and a text as long as a text can be.
const maxCurrentBytes = 64 * 1024 * 1024;
const maxManifestBytes = 512 * 1024 * 1024;

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);

const movedOn = (
  label: string,
  expected: number | undefined,
  found: number | undefined,
): OffstageError =>
  new OffstageError(
    'fenced',
    `Another writer published in ${label} meanwhile (generation ${found ?? 'none'}, expected ${expected ?? 'none'}): begin again.`,
    { details: { expected, found } },
  );

const indeterminate = (label: string, cause: unknown): OffstageError =>
  new OffstageError(
    'commit_indeterminate',
    `It cannot be told whether the commit in ${label} will last: its disk failed at that moment. Nothing was deleted. Check the disk, then open the store anew: it shows the old version or the new one, each whole.`,
    { cause },
  );
