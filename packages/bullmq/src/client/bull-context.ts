import type { JobStore } from '../records/job-store.ts';
import type { SharedLooks } from '../records/shared-looks.ts';
import type { Channels } from '../redis/channel.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import type { BullQueue } from '../shared/bull-queue.ts';
import type { BullJobManagerSettings } from './manager-options.ts';
import type { OwnerHints } from './owner-hints.ts';
import type { Waits } from './waits.ts';

/** What the clients of one manager share. */
export interface BullContext {
  readonly settings: BullJobManagerSettings;
  readonly link: RedisLink;
  readonly channels: Channels;
  readonly store: JobStore;
  readonly looks: SharedLooks;
  readonly hints: OwnerHints;
  readonly waits: Waits;
  readonly bull: BullQueue;
  /** Resolves when Redis was found fit, and knows the limits. */
  readonly ready: () => Promise<void>;
  /** Whether jobs of a name wait for limits; known once it is ready. */
  readonly isLimited: (name: string) => boolean;
  readonly isClosed: () => boolean;
  /** Calls what is the application's; what that throws, now or later, is reported. */
  readonly guard: (call: () => unknown) => void;
  /** Something failed that belongs to no call; perhaps to the tick of a schedule. */
  readonly report: (error: unknown, schedule?: string) => void;
}
