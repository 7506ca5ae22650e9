import { closeSync, openSync, readlinkSync, statSync } from 'node:fs';

/**
 * Tells whether a file still stands where it was found. What is written to one without a name is lost with the process.
 *
 * Whoever asks Linux for the moments of a file (as each `stat` does) has it note the next write to the nanosecond,
 * in the inode. The sync after that write then waits for the file system's own journal, which takes half as long
 * again. So of a file that is synced after each look, the name of a descriptor is read there, which asks for no moments.
 */
export class KeptName {
  readonly #path: string;
  readonly #identity: string | undefined;
  #descriptor: number | undefined;

  /**
   * @param path Absolute, with no link in it for `byDescriptor`.
   * @param byDescriptor Only where nobody holds a lock on the file: those of this process go with any of
   * its descriptors.
   */
  constructor(path: string, { byDescriptor }: { readonly byDescriptor: boolean }) {
    this.#path = path;
    this.#identity = identityOf(path);
    if (byDescriptor && process.platform === 'linux') this.#openDescriptor();
  }

  get isKept(): boolean {
    if (this.#descriptor !== undefined && nameOf(this.#descriptor) === this.#path) return true;
    return this.#identity !== undefined && identityOf(this.#path) === this.#identity;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #openDescriptor(): void {
    try {
      this.#descriptor = openSync(this.#path, 'r');
    } catch {
      return;
    }
    // Without `/proc`, or not the file that was looked at.
    const isSame =
      nameOf(this.#descriptor) === this.#path && identityOf(this.#path) === this.#identity;
    if (!isSame) this.close();
  }
}

/** Where the file of a descriptor stands now; of one without a name, a path that is not its own. */
function nameOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

function identityOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
