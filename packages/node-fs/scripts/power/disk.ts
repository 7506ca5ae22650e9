import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, type Shutdown, type ShutdownFlag } from './tools.ts';

export interface FileSystem {
  readonly name: string;
  readonly type: string;
  readonly package: string;
  readonly makeOptions: readonly string[];
  readonly mountOptions: string;
}

export const fileSystems: readonly FileSystem[] = [
  {
    name: 'ext4, data=ordered',
    type: 'ext4',
    package: 'e2fsprogs',
    makeOptions: ['-q', '-F'],
    mountOptions: 'loop,data=ordered',
  },
  {
    name: 'ext4, data=writeback',
    type: 'ext4',
    package: 'e2fsprogs',
    makeOptions: ['-q', '-F'],
    mountOptions: 'loop,data=writeback',
  },
  {
    name: 'XFS',
    type: 'xfs',
    package: 'xfsprogs',
    makeOptions: ['-q', '-f'],
    mountOptions: 'loop',
  },
  {
    name: 'Btrfs',
    type: 'btrfs',
    package: 'btrfs-progs',
    makeOptions: ['-q', '-f'],
    mountOptions: 'loop',
  },
];

/**
 * How power is cut:
 * - a flag: FS_IOC_SHUTDOWN of the file system itself; the disk keeps all that was ever sent to it;
 * - `disk cache lost`: the file system lies on a file of another one, and that one is shut down with
 *   nothing written any more, so that the disk also forgets what it was never told to flush.
 */
export type Cut = ShutdownFlag | 'disk cache lost';

const mebibyte = 1024 * 1024;
const innerBytes = 320 * mebibyte;

/** A file system on an image file in the scratch folder, mounted by a loop device of its own. */
export class Disk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #fileSystem: FileSystem;
  readonly #shutdown: Shutdown;
  readonly #image: string;
  /** What lies below, when that is what is cut. */
  readonly #below: Disk | undefined;

  private constructor(
    place: string,
    fileSystem: FileSystem,
    shutdown: Shutdown,
    below: Disk | undefined,
  ) {
    this.#fileSystem = fileSystem;
    this.#shutdown = shutdown;
    this.#below = below;
    this.folder = join(place, 'mounted');
    this.#image = join(below?.folder ?? place, 'disk.img');
    mkdirSync(this.folder, { recursive: true });
  }

  /** Makes and mounts it. @throws Error with what the system says against it. */
  static async create(
    place: string,
    fileSystem: FileSystem,
    shutdown: Shutdown,
    onCache: boolean,
  ): Promise<Disk> {
    const [ext4] = fileSystems;
    const below =
      onCache && ext4 !== undefined
        ? await Disk.create(join(place, 'below'), ext4, shutdown, false)
        : undefined;
    const disk = new Disk(place, fileSystem, shutdown, below);
    makeFile(disk.#image, below === undefined);
    run(`mkfs.${fileSystem.type}`, ...fileSystem.makeOptions, disk.#image);
    // What is below is to know nothing but what it was told to flush.
    if (below !== undefined) run('sync', '-f', below.folder);
    disk.#mount();
    return disk;
  }

  /** From here on nothing reaches the disk. Returns what speaks against it. */
  cut(how: Cut): Promise<string | undefined> {
    if (how !== 'disk cache lost') return this.#shutdown.issue(this.folder, how);
    if (this.#below === undefined) throw new Error('There is nothing below this disk.');
    return this.#shutdown.issue(this.#below.folder, 'log not flushed');
  }

  /** Power is back: unmounts what is left, and mounts it again, which recovers its journal. */
  async powerOn(): Promise<void> {
    await this.#unmount();
    if (this.#below !== undefined) await this.#below.powerOn();
    this.#mount();
  }

  async remove(): Promise<void> {
    await this.#unmount();
    await this.#below?.remove();
  }

  #mount(): void {
    const { type, mountOptions } = this.#fileSystem;
    run('mount', '-t', type, '-o', mountOptions, this.#image, this.folder);
  }

  async #unmount(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        run('umount', this.folder);
        return;
      } catch (error) {
        // A command that a killed writer had started may be on its way out.
        if (tries === 100) throw error;
        await sleep(50);
      }
    }
  }
}

/** @param sparse false: every block is there, so that writing to one changes nothing else. */
function makeFile(path: string, sparse: boolean): void {
  const file = openSync(path, 'wx');
  if (sparse) {
    ftruncateSync(file, 2 * innerBytes);
  } else {
    const zeros = new Uint8Array(mebibyte);
    for (let written = 0; written < innerBytes; written += mebibyte) writeSync(file, zeros);
  }
  closeSync(file);
}
