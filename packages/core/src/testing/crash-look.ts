import type { StandardSchema } from '../foundation/standard-schema.ts';
import { currentName, currentTempName, lockName, parseName } from '../snapshots/layout.ts';
import type { ManifestEntry } from '../snapshots/manifest.ts';
import type { SnapshotStorage } from '../snapshots/storage.ts';
import { SnapshotStore } from '../snapshots/store.ts';
import type { CrashPlace } from './crash-scenario.ts';
import type { MemoryOperation, MemoryStorage } from './memory-storage.ts';
import type { SuiteFiles } from './suite-files.ts';

/** What a reader sees on a disk. */
export interface Sight {
  /** Generation, metadata and files of the current version; two of a kind are the same version. */
  readonly identity: string;
  readonly gen: number;
  /** The directories that CURRENT names. */
  readonly contents: readonly string[];
}

export const nothing = 'nothing';

/** A store that takes any metadata. */
export const storeAt = ({ storage, newId, clock }: CrashPlace): SnapshotStore =>
  new SnapshotStore({ storage, metadata: anyMetadata, lockTimeoutMs: 0, newId, clock });

/** Reads all that is published. Throws when anything of it is not whole, or when more is there. */
export async function lookAt(place: CrashPlace): Promise<Sight> {
  const store = storeAt(place);
  const listed = await store.list();
  const contents = [...new Set(listed.map(({ content }) => content))];
  const { ok, versions } = await store.verify();
  if (!ok) throw new Error(`a version is damaged: ${JSON.stringify(versions)}`);
  if (versions.length !== contents.length) throw new Error('a version is missing');
  await using version = await store.current();
  if (version === undefined) return { identity: nothing, gen: 0, contents };
  const { gen, metadata, manifest } = version;
  return { identity: JSON.stringify([gen, metadata, manifest.entries]), gen, contents };
}

/** What is in the root that the layout does not name, with everything in it (S16). */
export function bystanders(files: SuiteFiles, isOurs: (name: string) => boolean): string {
  const lines: string[] = [];
  const visit = (path: string): void => {
    const content = files.read(path);
    lines.push(content === undefined ? path : `${path}: ${content}`);
    for (const name of files.list(path)) visit(`${path}/${name}`);
  };
  for (const name of files.list('').toSorted()) if (!isOurs(name)) visit(name);
  return lines.join('\n');
}

/** Whether the layout or the routine has a thing of that name in the root. */
export const ownNames =
  (own: readonly string[] = []) =>
  (name: string): boolean =>
    [currentName, currentTempName, lockName, ...own].includes(name) ||
    parseName(name) !== undefined;

/** What a recovery should have removed. */
export function debris(files: SuiteFiles, kept: readonly string[]): readonly string[] {
  return files
    .list('')
    .filter((name) => name === currentTempName || parseName(name) !== undefined)
    .filter((name) => !kept.includes(name));
}

/** A version that a reader has open: its files as they were published. */
export interface OpenVersion {
  readonly content: string;
  readonly entries: readonly ManifestEntry[];
}

/** Who has it open, and from which operation on: from the first one where that is left out. */
export interface OpenReader {
  readonly version: OpenVersion;
  readonly from?: ((operation: MemoryOperation) => boolean) | undefined;
}

export async function openVersion(place: CrashPlace, gen: number): Promise<OpenVersion> {
  const store = storeAt(place);
  const content = (await store.list()).find((listed) => listed.gen === gen)?.content;
  await using version = await store.open(gen);
  return { content: content ?? '', entries: version.manifest.entries };
}

/** Takes the lease that a reader has, as a process of its own. */
export async function leaseAgain(storage: MemoryStorage, open: OpenVersion): Promise<void> {
  await storage.another().lease(open.content);
}

export async function isWhole(storage: SnapshotStorage, open: OpenVersion): Promise<boolean> {
  const found = await storage.examine(open.content);
  const line = (file: { path: string; sha256?: string }): string => `${file.path} ${file.sha256}`;
  return found.map(line).join() === open.entries.map(line).join();
}

const anyMetadata: StandardSchema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'offstage', validate: (value) => ({ value }) },
};
