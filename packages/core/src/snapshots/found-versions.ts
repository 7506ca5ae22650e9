import { OffstageError } from '../foundation/errors.ts';
import { type LayoutName, parseName } from './layout.ts';
import { decodeManifest, digestOf, type Manifest } from './manifest.ts';
import type { SnapshotStorage } from './storage.ts';

/** A directory that has the name of a version. */
export interface FoundVersion {
  /** `<gen>-<id>`. */
  readonly name: string;
  readonly gen: number;
  readonly id: string;
}

/** By name alone, newest first. */
export async function versionsIn(storage: SnapshotStorage): Promise<readonly FoundVersion[]> {
  const found = (await storage.names()).flatMap((name) => {
    const parsed: LayoutName | undefined = parseName(name);
    return parsed?.kind === 'version' ? [{ name, gen: parsed.gen, id: parsed.id }] : [];
  });
  return found.sort((a, b) => b.gen - a.gen || (a.id < b.id ? -1 : 1));
}

/** What a version's manifest says of itself, if it is the one of a version of that name. */
export async function ownManifest(
  storage: SnapshotStorage,
  { name, gen, id }: FoundVersion,
): Promise<{ readonly manifest: Manifest; readonly sha256: string } | undefined> {
  try {
    const bytes = await storage.readManifest(name);
    if (bytes === undefined) return undefined;
    const manifest = decodeManifest(bytes, name);
    if (manifest.gen !== gen || manifest.id !== id) return undefined;
    return { manifest, sha256: await digestOf(bytes, storage) };
  } catch (error) {
    if (OffstageError.isInstance(error) && error.code === 'corrupt') return undefined;
    throw error;
  }
}
