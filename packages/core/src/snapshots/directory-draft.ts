import { OffstageError } from '../errors.ts';
import type { FileFacts, ReadableFile, StorageDirectory } from './directory.ts';
import { writeNew } from './directory-files.ts';
import { invalidPath, PathSet, pathProblem, unsafeEntry } from './entry-path.ts';
import { manifestName } from './layout.ts';
import type { DraftWorkspace, SealedEntry } from './storage.ts';

interface Hashed {
  readonly bytes: number;
  readonly sha256: string;
}

interface World {
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

/** A draft that is a directory beside the versions, so that one rename makes a version of it. */
export class DirectoryDraft implements DraftWorkspace {
  readonly #directory: StorageDirectory;
  readonly #draftName: string;
  /** The name it was given when it was published. */
  #versionName: string | undefined;
  /** What was hashed on the way in, with the file's stamp at that moment. */
  readonly #written = new Map<string, Hashed & Pick<FileFacts, 'stamp'>>();
  /** What native libraries may have written to. */
  readonly #native = new Set<string>();
  #payloadDirectories: readonly string[] = [];

  constructor(directory: StorageDirectory, draftName: string) {
    this.#directory = directory;
    this.#draftName = draftName;
  }

  async write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for (const parent of parentsOf(path)) {
      if (await this.#directory.makeDirectory(this.#at(parent))) continue;
      const facts = await this.#directory.stat(this.#at(parent));
      if (facts?.kind !== 'directory') throw unsafeEntry(parent, 'it is no directory');
    }
    const file = await this.#directory.createFile(this.#at(path));
    if (file === undefined) throw invalidPath(path, 'there is something of that name already');
    let whole = false;
    try {
      const hasher = this.#directory.createHash();
      let bytes = 0;
      for await (const chunk of chunks) {
        hasher.update(chunk);
        await file.write(chunk);
        bytes += chunk.byteLength;
      }
      const { stamp } = await file.facts();
      this.#written.set(path, { bytes, sha256: await hasher.digest(), stamp });
      whole = true;
    } finally {
      await file.close();
      if (!whole) await this.#directory.removeFile(this.#at(path)).catch(() => undefined);
    }
  }

  nativePath(path: string): string {
    for (const parent of parentsOf(path)) this.#directory.ensureDirectorySync(this.#at(parent));
    this.#native.add(path);
    return this.#directory.resolve(this.#at(path));
  }

  async seal(signal?: AbortSignal): Promise<readonly SealedEntry[]> {
    const world = await this.#look();
    const found = new Set(world.files);
    for (const path of this.#written.keys()) {
      if (!found.has(path)) throw unsafeEntry(path, 'it was removed after it was written');
    }
    const entries: SealedEntry[] = [];
    const stamps: string[] = [];
    for (const path of world.files) {
      signal?.throwIfAborted();
      const { hashed, stamp } = await this.#sealFile(path, signal);
      entries.push({ path, ...hashed });
      stamps.push(stamp);
    }
    await this.#assertUnchanged(world, stamps);
    this.#payloadDirectories = world.directories;
    return entries;
  }

  async publish(name: string, manifest: Uint8Array): Promise<void> {
    await writeNew(this.#directory, this.#at(manifestName), manifest);
    // All that the name will stand for is durable before the name is.
    for (const path of this.#payloadDirectories) {
      await this.#directory.syncDirectory(this.#at(path));
    }
    await this.#directory.syncDirectory(this.#draftName);
    this.#versionName = name;
    await this.#directory.rename(this.#draftName, name);
    await this.#directory.syncDirectory('');
  }

  async discard(): Promise<void> {
    await this.#directory.removeTree(this.#draftName);
    if (this.#versionName !== undefined) await this.#directory.removeTree(this.#versionName);
  }

  async #sealFile(
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly hashed: Hashed; readonly stamp: string }> {
    const file = await this.#directory.openFile(this.#at(path));
    if (file === undefined) throw unsafeEntry(path, 'it went away while it was sealed');
    if (file === 'unsafe') throw unsafeEntry(path, 'it is no regular file');
    try {
      const before = await file.facts();
      if (before.links !== 1) {
        throw unsafeEntry(
          path,
          'it has another name elsewhere (a hard link): copy the file instead',
        );
      }
      const hashed = await this.#digest(path, file, before, signal);
      await file.sync();
      const after = await file.facts();
      if (after.stamp !== before.stamp || after.bytes !== hashed.bytes) throw changed(path);
      return { hashed, stamp: after.stamp };
    } finally {
      await file.close();
    }
  }

  async #digest(
    path: string,
    file: ReadableFile,
    facts: FileFacts,
    signal: AbortSignal | undefined,
  ): Promise<Hashed> {
    const written = this.#written.get(path);
    // A stamp is as fine as the file system's clock, so it is trusted only for files whose place
    // nobody was told.
    if (written !== undefined && !this.#isNative(path)) {
      if (written.stamp !== facts.stamp) throw changed(path);
      return { bytes: written.bytes, sha256: written.sha256 };
    }
    const hasher = this.#directory.createHash();
    let bytes = 0;
    for await (const chunk of file.chunks()) {
      signal?.throwIfAborted();
      hasher.update(chunk);
      bytes += chunk.byteLength;
    }
    const sha256 = await hasher.digest();
    if (written !== undefined && written.sha256 !== sha256) throw changed(path);
    return { bytes, sha256 };
  }

  #isNative(path: string): boolean {
    return this.#native.has(path) || parentsOf(path).some((parent) => this.#native.has(parent));
  }

  /** Everything in the draft: the closed world (S6). Sorted. */
  async #look(): Promise<World> {
    const files: string[] = [];
    const directories: string[] = [];
    const names = new PathSet();
    const ahead = [''];
    for (let above = ahead.pop(); above !== undefined; above = ahead.pop()) {
      const listed = await this.#directory.list(this.#at(above));
      if (listed === undefined) throw unsafeEntry(above, 'it went away while it was sealed');
      for (const { name, kind } of listed) {
        const path = above === '' ? name : `${above}/${name}`;
        const problem = pathProblem(path);
        if (problem !== undefined) throw unsafeEntry(path, problem);
        if (kind === 'symlink')
          throw unsafeEntry(path, 'it is a symbolic link: copy what it points at');
        if (kind === 'special') throw unsafeEntry(path, 'it is neither a file nor a directory');
        if (kind === 'directory') {
          directories.push(path);
          ahead.push(path);
        } else {
          addTo(names, path);
          files.push(path);
        }
      }
    }
    return { files: files.sort(), directories: directories.sort().reverse() };
  }

  /** That nothing came, went or changed since it was sealed. */
  async #assertUnchanged(world: World, stamps: readonly string[]): Promise<void> {
    const now = await this.#look();
    const known = new Set(world.files);
    const added = now.files.find((path) => !known.has(path));
    if (added !== undefined) throw unsafeEntry(added, 'it was added while the draft was sealed');
    for (const [index, path] of world.files.entries()) {
      const facts = await this.#directory.stat(this.#at(path));
      if (facts?.stamp !== stamps[index]) throw changed(path);
    }
    if (now.directories.join('\n') !== world.directories.join('\n')) {
      throw unsafeEntry('', 'directories were added or removed while the draft was sealed');
    }
  }

  #at(path: string): string {
    return path === '' ? this.#draftName : `${this.#draftName}/${path}`;
  }
}

/** The directories above a path, the outermost first. */
function parentsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function addTo(names: PathSet, path: string): void {
  try {
    names.add(path);
  } catch (error) {
    const problem = OffstageError.isInstance(error) ? String(error.details.problem) : '';
    throw unsafeEntry(path, problem);
  }
}

const changed = (path: string): OffstageError =>
  unsafeEntry(path, 'it changed after it was written or while it was sealed: close it first');
