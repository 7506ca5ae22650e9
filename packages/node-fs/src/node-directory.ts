import { createHash, randomBytes } from 'node:crypto';
import {
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import {
  access,
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { type Durability, OffstageError } from '@offstage/core';
import type {
  Examined,
  ExamineOptions,
  ExamineRequest,
  FileFacts,
  FileLock,
  Hasher,
  Lease,
  ListedName,
  ReadableFile,
  RootOptions,
  StorageDirectory,
  WritableFile,
} from '@offstage/core/storage';
import { durabilityOf } from './durability.ts';
import { FileExaminer } from './examine-files.ts';
import { makeFolders } from './make-folders.ts';
import { mapAtOnce } from './map-at-once.ts';
import { NodeFile } from './node-file.ts';
import { isLockedShared, lockShared, tryFileLock } from './node-lock.ts';
import { errnoOf, factsOf, isWindows, kindOf, missing } from './posix.ts';
import { coded, codedExcept, codedUnless, storageError } from './storage-error.ts';
import { syncTree, syncTreeFrom } from './sync-tree.ts';
import { Turns } from './turns.ts';
import { watchNames } from './watch-names.ts';

/** The primitives of Node's file system, on one absolute path. */
export class NodeDirectory implements StorageDirectory {
  readonly label: string;
  readonly syncTreeFrom = syncTreeFrom;
  readonly #root: string;
  readonly #examiner: FileExaminer;
  readonly #turns = new Turns();

  constructor(root: string) {
    this.#root = root;
    this.label = root;
    this.#examiner = new FileExaminer(root);
  }

  durability(): Promise<Durability> {
    return coded('look at the file system', () => durabilityOf(this.#root));
  }

  createHash(): Hasher {
    const hash = createHash('sha256');
    return {
      update: (chunk) => void hash.update(chunk),
      digest: async () => hash.digest('hex'),
    };
  }

  createRoot({ isDurable = false }: RootOptions = {}): Promise<void> {
    return coded(`create the folder ${this.#root}`, async () => {
      const first = await makeFolders(this.#root);
      if (isDurable) return;
      // The name of each folder is in the one above it. What was there may have been made a moment ago,
      // on this file system and where this user may write, by a process that was killed before a sync.
      const top = first && dirname(first);
      const { dev } = await stat(this.#root);
      let isNew = top !== undefined;
      for (let path = dirname(this.#root); ; path = dirname(path)) {
        if (!isNew && !(await mayChange(path, dev))) return;
        await syncPath(path);
        if (path === top) isNew = false;
        if (path === dirname(path)) return;
      }
    });
  }

  lock(path: string): Promise<FileLock | undefined> {
    return tryFileLock(this.resolve(path), path);
  }

  lockShared(path: string): Promise<Lease | undefined> {
    return lockShared(this.resolve(path), path);
  }

  async lockedShared(paths: readonly string[]): Promise<ReadonlySet<string>> {
    const locked = await mapAtOnce(paths, (path) => isLockedShared(this.resolve(path)));
    return new Set(paths.filter((_, index) => locked[index]));
  }

  list(path: string): Promise<readonly ListedName[] | undefined> {
    return codedExcept(`list ${named(path)}`, missing, undefined, async () => {
      const entries = await readdir(this.resolve(path), { withFileTypes: true });
      const listed: ListedName[] = entries.map((entry) => ({
        name: entry.name,
        kind: kindOf(entry),
      }));
      // Some file systems do not tell the kind when they list.
      for (const [index, { name, kind }] of listed.entries()) {
        if (kind !== 'special') continue;
        const facts = await this.stat(path === '' ? name : `${path}/${name}`);
        listed[index] = { name, kind: facts?.kind ?? kind };
      }
      return listed;
    });
  }

  stat(path: string): Promise<FileFacts | undefined> {
    return codedExcept(`look at ${named(path)}`, missing, undefined, async () =>
      factsOf(await lstat(this.resolve(path), { bigint: true })),
    );
  }

  statAll(paths: readonly string[]): Promise<readonly (FileFacts | undefined)[]> {
    return coded('look at the files', () => this.#examiner.stat(paths));
  }

  examineFiles(
    requests: readonly ExamineRequest[],
    options: ExamineOptions,
  ): Promise<readonly Examined[]> {
    return codedUnless(options.signal, 'read the files', () =>
      this.#examiner.examine(requests, options),
    );
  }

  linkFile(from: string, to: string): Promise<boolean> {
    return codedExcept(`link ${to}`, cannotLink, false, async () => {
      this.#assertInside(to);
      await link(this.resolve(from), this.resolve(to));
      return true;
    });
  }

  // Both synchronous, for that takes a tenth of the time: a version has as many of these as the one before it
  // has files.
  linkAndStat(from: string, to: string): Promise<FileFacts | undefined | false> {
    return codedExcept(`link ${to}`, cannotLink, false, async () => {
      await this.#turns.take();
      this.#assertInside(to);
      linkSync(this.resolve(from), this.resolve(to));
      const stats = lstatSync(this.resolve(to), { bigint: true, throwIfNoEntry: false });
      return stats && factsOf(stats);
    });
  }

  linkOutsideSync(outside: string, to: string): boolean {
    this.#assertInside(to);
    if (!isAbsolute(outside)) {
      throw new OffstageError('invalid_option', 'Name a file to adopt by its absolute path.');
    }
    try {
      // A link would be made to a link, and of two names one may be in hands that nobody knows.
      const stats = lstatSync(outside);
      if (!stats.isFile() || stats.nlink !== 1) return false;
      linkSync(outside, this.resolve(to));
      // Its content is told by nobody: it is looked at when the draft is sealed.
      this.#examiner.expect();
      return true;
    } catch (error) {
      const code = errnoOf(error) ?? '';
      if (cannotLink.includes(code) || missing.includes(code)) return false;
      throw storageError(error, `link ${to}`);
    }
  }

  cloneFile(from: string, to: string): Promise<boolean> {
    const mode = constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL;
    return codedExcept(`clone ${to}`, cannotClone, false, async () => {
      this.#assertInside(to);
      await copyFile(this.resolve(from), this.resolve(to), mode);
      return true;
    });
  }

  unlinkCopySync(path: string): void {
    this.#assertInside(path);
    const target = this.resolve(path);
    const copy = join(dirname(target), `.${randomBytes(8).toString('hex')}`);
    try {
      copyFileSync(target, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      // Over a name that is there, some systems (ext4) write the whole copy to the disk at once, though it is
      // about to be changed. Between the two calls the draft is not what it was, and cannot be published.
      rmSync(target);
      renameSync(copy, target);
    } catch (error) {
      rmSync(copy, { force: true });
      throw storageError(error, `copy ${path}`);
    }
  }

  makeDirectory(path: string): Promise<boolean> {
    return codedExcept(`create ${named(path)}`, ['EEXIST'], false, async () => {
      this.#assertInside(path);
      await mkdir(this.resolve(path));
      return true;
    });
  }

  resolve(path: string): string {
    return join(this.#root, path);
  }

  ensureDirectorySync(path: string): void {
    this.#assertInside(path);
    try {
      mkdirSync(this.resolve(path));
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw storageError(error, `create ${path}`);
      if (lstatSync(this.resolve(path)).isDirectory()) return;
      throw new OffstageError('unsafe_entry', `"${path}" is no directory.`, { details: { path } });
    }
  }

  createFile(path: string): Promise<WritableFile | undefined> {
    return codedExcept(`create ${named(path)}`, ['EEXIST'], undefined, async () => {
      this.#assertInside(path);
      return NodeFile.create(this.resolve(path), path);
    });
  }

  openFile(path: string): Promise<ReadableFile | 'unsafe' | undefined> {
    return codedExcept(`open ${named(path)}`, missing, undefined, () =>
      NodeFile.open(this.resolve(path), path),
    );
  }

  syncDirectory(path: string): Promise<void> {
    return coded(`fsync ${named(path)}`, () => syncPath(this.resolve(path)));
  }

  syncTree(path: string): Promise<boolean> {
    return syncTree(this.resolve(path));
  }

  watch(onChange: () => void): (() => void) | undefined {
    return watchNames(this.#root, onChange);
  }

  rename(from: string, to: string): Promise<void> {
    return coded(`rename ${from} to ${to}`, () => rename(this.resolve(from), this.resolve(to)));
  }

  removeFile(path: string): Promise<void> {
    return codedExcept(`remove ${named(path)}`, missing, undefined, async () => {
      this.#assertInside(path);
      await unlink(this.resolve(path));
    });
  }

  // Removes links themselves, never what they point at.
  removeTree(path: string): Promise<void> {
    return coded(`remove ${named(path)}`, () =>
      rm(this.resolve(path), { recursive: true, force: true }),
    );
  }

  /**
   * That no folder on the way is a link by now, behind which something would be written or removed
   * that is not ours (S16). It is a look, and no lock: who swaps a folder between it and the call
   * after it is not kept out, as Node has no calls relative to an open directory.
   *
   * Synchronous: some microseconds on the local disk, where an asynchronous one takes ten times that.
   */
  #assertInside(path: string): void {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
      const above = path.slice(0, end);
      const stats = lstatSync(this.resolve(above), { throwIfNoEntry: false });
      if (stats === undefined || stats.isDirectory()) continue;
      throw new OffstageError(
        'unsafe_entry',
        `"${above}" in ${this.#root} is a link or a file by now, and nothing was written behind it: begin again.`,
        { details: { path: above } },
      );
    }
  }
}

// No such thing on this file system, or no more of them for this file.
const cannotLink: readonly string[] = [
  'EMLINK',
  'EPERM',
  'EXDEV',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
];
const cannotClone: readonly string[] = [
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'ENOTTY',
  'EXDEV',
  'EINVAL',
  'EPERM',
];

async function syncPath(path: string): Promise<void> {
  if (isWindows) return;
  const handle = await open(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  try {
    await handle.sync();
    // After XFS has shut itself down (its disk failed), an fsync of a directory reports success, and a
    // look at it does not.
    await handle.stat();
  } finally {
    await handle.close();
  }
}

const mayChange = (path: string, device: number): Promise<boolean> =>
  Promise.all([stat(path), access(path, constants.R_OK | constants.W_OK)]).then(
    ([{ dev }]) => dev === device,
    () => false,
  );

const named = (path: string): string => (path === '' ? 'the folder' : path);
