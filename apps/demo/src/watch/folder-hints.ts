import { type FSWatcher, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { isPassedOver } from '../corpus/passed-over.ts';

export interface FolderHintsOptions {
  /** Absolute. */
  readonly folder: string;
  /** A folder that is passed over where it lies inside: the index's own. */
  readonly except?: string | undefined;
  /** Something has happened. */
  readonly onHint: () => void;
  /** Parts of the folder cannot be listened to: looking now and then is all that is left. */
  readonly onDeaf: (code: string) => void;
}

interface Listening {
  readonly watcher: FSWatcher;
  /** Another folder may come to the same place. */
  readonly identity: string;
}

// There the system tells of everything below a folder.
const isDeep = process.platform === 'darwin' || process.platform === 'win32';
const maxDepth = 100;

/**
 * Hears that something has happened in a folder, not what. One listener a folder, none a file, and links
 * are not followed. What it does not hear of is found by looking.
 */
export class FolderHints {
  readonly #options: FolderHintsOptions;
  readonly #listening = new Map<string, Listening>();
  #isStale = true;
  #isDeaf = false;
  #isClosed = false;

  constructor(options: FolderHintsOptions) {
    this.#options = options;
  }

  /**
   * Listens to what the folder holds now. To be called before it is looked at: what comes afterwards is
   * heard of.
   *
   * @param all Also where no folder is known to have come or gone.
   */
  async sync({ all = false } = {}): Promise<void> {
    if (!this.#isStale && !all) return;
    this.#isStale = false;
    const { folder } = this.#options;
    const found = new Set<string>();
    await this.#enter(folder, 0, found);
    for (const [known, { watcher }] of this.#listening) {
      if (found.has(known)) continue;
      watcher.close();
      this.#listening.delete(known);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const { watcher } of this.#listening.values()) watcher.close();
    this.#listening.clear();
  }

  async #enter(folder: string, depth: number, found: Set<string>): Promise<void> {
    if (this.#isClosed || folder === this.#options.except || depth > maxDepth) return;
    try {
      const { dev, ino } = await lstat(folder);
      found.add(folder);
      // First, so that whatever comes into it from now on is either heard of or listed below.
      this.#listen(folder, `${dev} ${ino}`);
      if (isDeep) return;
      const entries = await readdir(folder, { withFileTypes: true });
      for (const entry of entries) {
        if (!entry.isDirectory() || isPassedOver(entry.name)) continue;
        await this.#enter(path.join(folder, entry.name), depth + 1, found);
      }
    } catch {
      // It is gone, or not to be entered: looking says so.
      this.#isStale = true;
    }
  }

  #listen(folder: string, identity: string): void {
    const known = this.#listening.get(folder);
    if (known?.identity === identity || this.#isClosed) return;
    known?.watcher.close();
    this.#listening.delete(folder);
    try {
      const watcher = watch(folder, { recursive: isDeep, persistent: false });
      watcher.on('change', (kind, name) => this.#onChange(folder, kind, name));
      // The folder has gone, or the system has given up.
      watcher.on('error', () => this.#lost(folder, watcher));
      this.#listening.set(folder, { watcher, identity });
    } catch (error) {
      const code = error instanceof Error ? String(Reflect.get(error, 'code')) : 'unknown';
      if (code === 'ENOENT') throw error;
      if (!this.#isDeaf) this.#options.onDeaf(code);
      this.#isDeaf = true;
    }
  }

  #onChange(folder: string, kind: string, name: string | Buffer | null): void {
    const parts = name === null ? [] : String(name).split(path.sep);
    if (parts.some(isPassedOver)) return;
    const { except } = this.#options;
    const place = path.join(folder, ...parts);
    if (except !== undefined && (place === except || place.startsWith(except + path.sep))) return;
    if (kind === 'rename') this.#isStale = true;
    this.#options.onHint();
  }

  #lost(folder: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#listening.get(folder)?.watcher === watcher) this.#listening.delete(folder);
    this.#isStale = true;
    this.#options.onHint();
  }
}
