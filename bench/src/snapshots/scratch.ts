import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SnapshotStore } from '@offstage/core';
import { nodeStorage } from '@offstage/node-fs';
import { z } from 'zod';

export const fileBytes = 4096;

let names = 0;

/** A folder of this run, in which each round has folders of its own. */
export class Scratch implements Disposable {
  readonly root = mkdtempSync(path.join(os.tmpdir(), 'offstage-bench-'));

  fresh(): string {
    const folder = path.join(this.root, String(++names));
    mkdirSync(folder);
    return folder;
  }

  /**
   * A folder for one round. It goes afterwards, so that both contestants write to places of the disk
   * that have been written to before: some disks take several times as long for others.
   */
  async round(work: (folder: string) => Promise<number>): Promise<number> {
    const folder = this.fresh();
    try {
      return await work(folder);
    } finally {
      rmSync(folder, { recursive: true });
      this.settle();
    }
  }

  /** Nothing that an earlier contestant left is on its way to the disk any more. */
  settle(): void {
    execFileSync('sync', ['-f', this.root]);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export const storeIn = (folder: string) =>
  new SnapshotStore({ storage: nodeStorage(folder), metadata: z.null(), retain: 1000 });

const content = Buffer.alloc(fileBytes, 'offstage ');
let written = 0;

/** Content that no other file of this run has. */
export function uniqueContent(): Uint8Array {
  content.writeUInt32LE(++written, 0);
  return content;
}

export function writeSmallFiles(folder: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    writeFileSync(path.join(folder, `file-${index}.bin`), uniqueContent());
  }
}

/** Milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

export const shell = (command: string): void => {
  execFileSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
};

export const seconds = (ms: number): string =>
  ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(2)} s`;
