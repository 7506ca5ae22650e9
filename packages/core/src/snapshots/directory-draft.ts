import { OffstageError } from '../foundation/errors.ts';
import type { Examined, FileFacts, StorageDirectory, WritableFile } from './directory.ts';
import { writeNew } from './directory-files.ts';
import {
  assertSameContents,
  changedEntry,
  checkContents,
  type DraftContents,
  lookAround,
} from './draft-contents.ts';
import { invalidPath, parentsOf, unsafeEntry, wentAway } from './entry-path.ts';
import { type Content, type Known, KnownFiles } from './known-files.ts';
import { manifestName } from './layout.ts';
import type { DraftWorkspace, ReuseSource, SealedEntry } from './storage.ts';

// From measurements: the flushing of pieces of that size hides behind the hashing, or the hashing
// behind the flushing, whichever is slower.
const earlySyncBytes = 16 * 1024 * 1024;

// Reused files are a system call or two each: enough of them at once to keep the disk's queue filled.
const reuseAtOnce = 32;

// So many at once keep threads busy without a pause; what is told of them is kept anyway.
const examinedAtOnce = 8192;
// What a last look tells is compared and forgotten. Few at once, so that it is garbage before the
// collector takes it for something that stays, and sets memory aside for more of it.
const seenAtOnce = 1024;

/** A draft that is a directory beside the versions, so that one rename makes a version of it. */
export class DirectoryDraft implements DraftWorkspace {
  readonly #directory: StorageDirectory;
  readonly #draftName: string;
  /** The name it was given when it was published. */
  #versionName: string | undefined;
  /** What was hashed on the way in, or published before. */
  readonly #known = new KnownFiles();
  /** What native libraries may have written to. */
  readonly #native = new Set<string>();
  /** What has one more name, outside of the store. */
  readonly #adopted = new Set<string>();
  /** What holds some of that. */
  readonly #ensured = new Set<string>();
  readonly #madeDirectories = new Set<string>();
  #canClone = true;
  #syncFailure: unknown;
  #contents: DraftContents = { files: [], directories: [] };

  constructor(directory: StorageDirectory, draftName: string) {
    this.#directory = directory;
    this.#draftName = draftName;
  }

  async write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#makeParents(path);
    this.#known.set(path, await this.#writeNew(path, chunks));
  }

  async reuse({ content, entries }: ReuseSource, signal?: AbortSignal): Promise<void> {
    const ahead = entries.values();
    const begun: string[] = [];
    let failure: { readonly error: unknown } | undefined;
    const work = async (): Promise<void> => {
      for (const entry of ahead) {
        if (failure !== undefined) return;
        try {
          signal?.throwIfAborted();
          await this.#makeParents(entry.path);
          begun.push(entry.path);
          await this.#reuse(`${content}/${entry.path}`, entry);
        } catch (error) {
          failure = { error };
        }
      }
    };
    await Promise.all(Array.from({ length: reuseAtOnce }, work));
    if (failure === undefined) return;
    for (const path of begun) {
      this.#known.delete(path);
      await this.#removeFile(path);
    }
    throw failure.error;
  }

  nativePath(path: string): string {
    for (const parent of ['', ...parentsOf(path)]) this.#ensureDirectory(parent);
    const origin = this.#known.get(path)?.origin;
    // Writing through a second name would change what is published, or whose name it is.
    if (this.#adopted.delete(path) || origin === 'linked') {
      this.#directory.unlinkCopySync(this.#at(path));
    }
    // What was reused may change from here on; what was written anew may not.
    if (origin !== 'written') this.#known.delete(path);
    this.#native.add(path);
    return this.#directory.resolve(this.#at(path));
  }

  adopt(path: string, source: string): boolean {
    // Once each: there may be very many files in one.
    for (const parent of ['', ...parentsOf(path)]) {
      if (this.#ensured.has(parent)) continue;
      this.#ensureDirectory(parent);
      this.#ensured.add(parent);
    }
    if (this.#directory.linkOutsideSync?.(source, this.#at(path)) !== true) return false;
    // Whoever knows the other name may have written to it until now: it is hashed with the rest.
    this.#native.add(path);
    this.#adopted.add(path);
    return true;
  }

  async seal(signal?: AbortSignal): Promise<readonly SealedEntry[]> {
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    const contents = await lookAround(this.#directory, this.#draftName);
    const refusal = new AbortController();
    const atOnce = this.#isLarge(contents);
    const sealing = this.#sealFiles(
      contents,
      !atOnce,
      signal === undefined ? refusal.signal : AbortSignal.any([signal, refusal.signal]),
    );
    // The disk has something to do while files are hashed. What counts is the sync in `publish`.
    const flushing = atOnce ? this.#directory.syncTree(this.#draftName) : undefined;
    // Meanwhile: most of the hashing happens elsewhere.
    try {
      checkContents(contents, (path) => this.#known.has(path));
      this.#assertNoneRemoved(contents);
    } catch (error) {
      refusal.abort(error);
    }
    await Promise.allSettled([flushing, sealing]);
    refusal.signal.throwIfAborted();
    await flushing;
    const entries = await sealing;
    // All that is worth knowing is in the entries now.
    this.#known.clear();
    signal?.throwIfAborted();
    await assertSameContents(this.#directory, this.#draftName, contents);
    this.#contents = contents;
    return entries;
  }

  async publish(name: string, manifest: Iterable<Uint8Array>): Promise<void> {
    const atOnce = this.#isLarge(this.#contents);
    await writeNew(this.#directory, this.#at(manifestName), manifest, { sync: !atOnce });
    // All that the name will stand for is durable before the name is.
    if (!atOnce || !(await this.#directory.syncTree(this.#draftName))) {
      if (atOnce) await this.#syncFiles();
      for (const path of this.#contents.directories) {
        await this.#directory.syncDirectory(this.#at(path));
      }
      await this.#directory.syncDirectory(this.#draftName);
    }
    this.#versionName = name;
    await this.#directory.rename(this.#draftName, name);
    await this.#directory.syncDirectory('');
  }

  async discard(): Promise<void> {
    await this.#directory.removeTree(this.#draftName);
    if (this.#versionName !== undefined) await this.#directory.removeTree(this.#versionName);
  }

  async #writeNew(path: string, chunks: AsyncIterable<Uint8Array>): Promise<Known> {
    const file = await this.#directory.createFile(this.#at(path));
    if (file === undefined) throw invalidPath(path, 'there is something of that name already');
    let known: Known | undefined;
    try {
      known = await this.#fill(file, chunks);
      return known;
    } finally {
      await file.close();
      if (known === undefined) await this.#removeFile(path);
    }
  }

  /** Hashes each piece while it is written, and has what was written flushed meanwhile. */
  async #fill(file: WritableFile, chunks: AsyncIterable<Uint8Array>): Promise<Known> {
    const hasher = this.#directory.createHash();
    let bytes = 0;
    let flushedBytes = 0;
    let flushing: Promise<void> | undefined;
    try {
      for await (const chunk of chunks) {
        const writing = file.write(chunk);
        hasher.update(chunk);
        await writing;
        bytes += chunk.byteLength;
        if (flushing === undefined && bytes - flushedBytes >= earlySyncBytes) {
          flushedBytes = bytes;
          flushing = file
            .dataSync()
            .catch((error: unknown) => {
              // A failed fsync is never tried again: the draft is lost.
              this.#syncFailure ??= error;
            })
            .finally(() => {
              flushing = undefined;
            });
        }
        if (this.#syncFailure !== undefined) throw this.#syncFailure;
      }
    } finally {
      await flushing;
    }
    const { stamp } = await file.facts();
    return { bytes, sha256: await hasher.digest(), stamp, origin: 'written' };
  }

  async #reuse(from: string, { path, bytes, sha256 }: SealedEntry): Promise<void> {
    const shared = await this.#share(from, path);
    if (shared === undefined) {
      const copy = await this.#copy(from, path);
      if (copy.sha256 !== sha256) throw corruptSource(path);
      this.#known.set(path, { ...copy, origin: 'copied' });
      return;
    }
    const { origin, facts } = shared;
    if (facts?.kind !== 'file' || facts.bytes !== bytes) throw corruptSource(path);
    this.#known.set(path, { bytes, sha256, stamp: facts.stamp, origin });
  }

  async #share(from: string, path: string): Promise<Shared | undefined> {
    const to = this.#at(path);
    try {
      // A link is a name for the very thing; a clone would be one of what a link points at.
      if (this.#canClone && (await this.#directory.stat(from))?.kind === 'file') {
        if (await this.#directory.cloneFile(from, to)) {
          return { origin: 'cloned', facts: await this.#directory.stat(to) };
        }
        this.#canClone = false;
      }
      const facts = await this.#linkAndStat(from, to);
      return facts === false ? undefined : { origin: 'linked', facts };
    } catch (error) {
      if ((await this.#directory.stat(from)) === undefined) throw corruptSource(path);
      throw error;
    }
  }

  async #linkAndStat(from: string, to: string): Promise<FileFacts | undefined | false> {
    if (this.#directory.linkAndStat !== undefined) {
      return await this.#directory.linkAndStat(from, to);
    }
    return (await this.#directory.linkFile(from, to)) && (await this.#directory.stat(to));
  }

  async #copy(from: string, path: string): Promise<Known> {
    const file = await this.#directory.openFile(from);
    if (file === undefined || file === 'unsafe') throw corruptSource(path);
    try {
      return await this.#writeNew(path, file.chunks());
    } finally {
      await file.close();
    }
  }

  #assertNoneRemoved({ files }: DraftContents): void {
    const found = files.reduce((count, path) => count + Number(this.#known.has(path)), 0);
    if (found === this.#known.size) return;
    const there = new Set(files);
    for (const path of this.#known.paths()) {
      if (!there.has(path)) throw unsafeEntry(path, 'it was removed after it was written');
    }
  }

  /** Hashes what was not hashed on the way in, and finds that nothing changed until all was. */
  async #sealFiles(
    { files }: DraftContents,
    sync: boolean,
    signal: AbortSignal | undefined,
  ): Promise<readonly SealedEntry[]> {
    const contents: (Content | undefined)[] = [];
    // Whose content is known needs no more than the last look, unless it is to be synced by itself.
    const mustExamine = (path: string): boolean => sync || !this.#isTrusted(path);
    for (const paths of portions(files, examinedAtOnce)) {
      const asked = this.#givenOutFirst(paths.filter(mustExamine));
      const requests = asked.map((path) => ({
        path: this.#at(path),
        hash: !this.#isTrusted(path),
      }));
      const examined = await this.#directory.examineFiles(requests, { sync, signal });
      const seen = new Map(asked.map((path, index) => [path, examined[index]]));
      for (const path of paths) {
        const one = seen.get(path);
        contents.push(one && this.#contentOf(path, one));
      }
    }
    const entries: SealedEntry[] = [];
    for (const paths of portions(files, seenAtOnce)) {
      signal?.throwIfAborted();
      const facts = await this.#directory.statAll(paths.map((path) => this.#at(path)));
      for (const [index, path] of paths.entries()) {
        entries.push(this.#sealed(path, contents[entries.length], facts[index]));
      }
    }
    return entries;
  }

  /** What a native library was given is large as a rule: begun last, it would be waited for alone. */
  #givenOutFirst(paths: readonly string[]): readonly string[] {
    const isGivenOut = (path: string): boolean =>
      this.#native.has(path) && !this.#adopted.has(path);
    const first = paths.filter(isGivenOut);
    return first.length === 0 ? paths : [...first, ...paths.filter((path) => !isGivenOut(path))];
  }

  /** What was hashed, after a look that it is what was written or reused if that is known. */
  #contentOf(path: string, examined: Examined): Content | undefined {
    if (examined === 'missing') throw wentAway(path);
    if (examined === 'unsafe') throw notRegular(path);
    const { before, after, hashed } = examined;
    const known = this.#known.get(path);
    const isChanged =
      after.stamp !== before.stamp ||
      (hashed !== undefined && hashed.bytes !== after.bytes) ||
      (hashed !== undefined && known !== undefined && known.sha256 !== hashed.sha256);
    if (isChanged) throw changedEntry(path);
    return hashed && { ...hashed, stamp: after.stamp };
  }

  #sealed(path: string, hashed: Content | undefined, last: FileFacts | undefined): SealedEntry {
    if (last === undefined) throw wentAway(path);
    if (last.kind !== 'file') throw notRegular(path);
    const known = this.#known.get(path);
    const isTwice = last.links === 2 && this.#adopted.has(path);
    if (last.links !== 1 && known?.origin !== 'linked' && !isTwice) {
      throw unsafeEntry(path, 'it has another name elsewhere (a hard link): copy the file instead');
    }
    const content = hashed ?? known;
    if (content === undefined || content.stamp !== last.stamp) throw changedEntry(path);
    return { path, bytes: content.bytes, sha256: content.sha256 };
  }

  // A stamp is as fine as the file system's clock, so it is trusted only for files whose place
  // nobody was told.
  #isTrusted(path: string): boolean {
    if (!this.#known.has(path) || this.#native.has(path)) return false;
    if (this.#native.size === 0) return true;
    return !parentsOf(path).some((parent) => this.#native.has(parent));
  }

  #isLarge({ files }: DraftContents): boolean {
    return files.length >= this.#directory.syncTreeFrom;
  }

  async #syncFiles(): Promise<void> {
    const requests = [...this.#contents.files, manifestName].map((path) => ({
      path: this.#at(path),
      hash: false,
    }));
    await this.#directory.examineFiles(requests, { sync: true });
  }

  async #makeParents(path: string): Promise<void> {
    for (const parent of parentsOf(path)) {
      if (this.#madeDirectories.has(parent)) continue;
      if (!(await this.#directory.makeDirectory(this.#at(parent)))) {
        const facts = await this.#directory.stat(this.#at(parent));
        if (facts?.kind !== 'directory') throw unsafeEntry(parent, 'it is no directory');
      }
      this.#madeDirectories.add(parent);
    }
  }

  #ensureDirectory(path: string): void {
    this.#directory.ensureDirectorySync(path === '' ? this.#draftName : this.#at(path));
  }

  async #removeFile(path: string): Promise<void> {
    await this.#directory.removeFile(this.#at(path)).catch(() => undefined);
  }

  #at(path: string): string {
    return `${this.#draftName}/${path}`;
  }
}

/** How a file came to be another one's, and what it is by a look at it afterwards. */
interface Shared {
  readonly origin: 'cloned' | 'linked';
  readonly facts: FileFacts | undefined;
}

const notRegular = (path: string): OffstageError => unsafeEntry(path, 'it is no regular file');

function* portions<T>(items: readonly T[], length: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += length) yield items.slice(from, from + length);
}

const corruptSource = (path: string): OffstageError =>
  new OffstageError(
    'corrupt',
    `${JSON.stringify(path)} cannot be copied: it is not what was published. Write the file anew.`,
    { details: { path } },
  );
