import { randomId } from '../foundation/random-id.ts';
import type { Job } from './job.ts';
import type { ChangeKind } from './job-client.ts';

/** A hint that something changed; see `JobClient.watch`. */
export interface Watcher {
  readonly onChange: (changedId: string, kind: ChangeKind) => void;
}

/** What one owner has. Jobs are looked up here and nowhere else, so no id leads to another's (J4). */
export interface OwnerRoom {
  readonly owner: string;
  /** In the order of their start. */
  readonly jobs: Map<string, Job>;
  queued: number;
  /** Jobs that are not at rest; the queued ones among them. */
  active: number;
  watchers: Set<Watcher> | undefined;
  /** Changes of its jobs so far, progress apart. */
  changes: number;
  /** Unlike that of any other room, of this process or another. */
  readonly life: string;
}

/** All jobs, by owner; an owner without jobs and watchers leaves nothing behind (J18). */
export class JobRegistry {
  readonly #rooms = new Map<string, OwnerRoom>();

  find(owner: string, id: string): Job | undefined {
    return this.#rooms.get(owner)?.jobs.get(id);
  }

  room(owner: string): OwnerRoom | undefined {
    return this.#rooms.get(owner);
  }

  openRoom(owner: string): OwnerRoom {
    let room = this.#rooms.get(owner);
    if (room === undefined) {
      room = {
        owner,
        jobs: new Map(),
        queued: 0,
        active: 0,
        watchers: undefined,
        changes: 0,
        life: randomId(),
      };
      this.#rooms.set(owner, room);
    }
    return room;
  }

  /** How many owners have a room. */
  get size(): number {
    return this.#rooms.size;
  }

  /**
   * Forgets the room if nothing is in it. Whoever holds on to a room that was forgotten before closes
   * that one alone: its owner may have another by now (F3).
   */
  closeRoom(room: OwnerRoom): void {
    if (room.jobs.size > 0 || room.watchers !== undefined) return;
    if (this.#rooms.get(room.owner) === room) this.#rooms.delete(room.owner);
  }

  /** The jobs that are not at rest. */
  *active(): Generator<Job> {
    for (const room of this.#rooms.values()) {
      if (room.active === 0) continue;
      for (const job of room.jobs.values()) if (!job.atRest) yield job;
    }
  }
}
