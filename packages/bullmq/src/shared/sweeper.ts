import type { Clock, Timer } from '@offstage/core';
import { wakeScript } from '../redis/limit-scripts.ts';
import { recountScript } from '../redis/recount-script.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import { listOfReply, textOfReply } from '../redis/reply.ts';
import { expireScript, overdueScript } from '../redis/scripts.ts';
import type { BullQueue } from './bull-queue.ts';

// Some of the owners at a time, and all of them again a minute later.
const recountStepMs = 500;
const recountRoundMs = 60_000;
const longList = 2000;

export interface SweeperOptions {
  readonly link: RedisLink;
  readonly bull: BullQueue;
  readonly clock: Clock;
  readonly everyMs: number;
  /** A job that BullMQ was not given for so long has lost the process that was about to. */
  readonly overdueMs: number;
  /** Wakes what waits for a limit, and counts anew, too; a few processes are enough. @default false */
  readonly wakes?: boolean | undefined;
  /** Redis has lost all that it had: what this process has told it, it tells again. */
  readonly forgotten: () => Promise<void>;
  readonly report: (error: unknown) => void;
}

/**
 * What has to happen although nobody asks for it: jobs expire (J13; BullMQ itself removes old ones only
 * when others end), what waits for a limit is woken where nobody did, a job whose process ended between its
 * admission and BullMQ is handed over, and counts that went wrong are mended.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#later();
  }

  async sweep(): Promise<void> {
    const { link, bull, clock, overdueMs, wakes = false, forgotten } = this.#options;
    const [birth = '', ...expired] = listOfReply(await link.run(expireScript, [])).map(textOfReply);
    if (link.hasForgotten(birth)) await forgotten();
    for (const id of expired) await bull.remove(id);
    const woken = wakes ? listOfReply(await link.run(wakeScript, [])).map(textOfReply) : [];
    for (const id of woken) await bull.addKnown(id, clock.now());
    for (const id of listOfReply(await link.run(overdueScript, [overdueMs])).map(textOfReply)) {
      await bull.addKnown(id, clock.now());
    }
    if (wakes) await link.run(recountScript, [recountStepMs, recountRoundMs, longList]);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #later(): void {
    const { clock, everyMs } = this.#options;
    this.#timer = clock.schedule(everyMs, () => {
      void this.sweep()
        .catch((error) => {
          if (!this.#isClosed) this.#options.report(error);
        })
        .then(() => {
          if (!this.#isClosed) this.#later();
        });
    });
  }
}
