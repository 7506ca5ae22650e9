import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const ids = z.array(z.string());

const recorded = z.object({
  session: z.string(),
  since: z.number(),
  asked: z.object({ add: ids, remove: ids, retry: ids }),
  idempotencyKey: z.string().optional(),
  /** Not known where Redis was asked, and has not answered. */
  jobId: z.string().optional(),
});
export type RecordedChange = z.infer<typeof recorded>;

/**
 * The change that is at work, in `redis-change.json` of the data folder. There is one at most, and it is
 * written before Redis hears of it: a server that begins knows whose uploads a job may still ask for.
 */
export class ChangeRecord {
  readonly #file: string;

  constructor(dataFolder: string) {
    this.#file = path.join(dataFolder, 'redis-change.json');
  }

  read(): RecordedChange | undefined {
    try {
      return recorded.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** @throws what the disk says */
  write(change: RecordedChange): void {
    const next = `${this.#file}.new`;
    writeFileSync(next, JSON.stringify(change), { mode: 0o600, flush: true });
    renameSync(next, this.#file);
  }

  clear(): void {
    rmSync(this.#file, { force: true });
  }
}
