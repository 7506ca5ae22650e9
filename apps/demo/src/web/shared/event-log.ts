import { apiPaths, type LogEvent } from '../api.ts';
import { followLog } from './follow-log.ts';
import { Store } from './store.ts';

/** An event with what tells it from all others, also of servers that came before this one. */
export interface ShownEvent extends LogEvent {
  readonly key: string;
}

export interface EventLogState {
  /** Newest first; at most 500. */
  readonly events: readonly ShownEvent[];
  readonly isOpen: boolean;
}

const maxEvents = 500;

/** The event log of this session's jobs, followed while someone looks. */
export class EventLog extends Store<EventLogState> {
  constructor() {
    super({ events: [], isOpen: false }, () => {
      let batch: ShownEvent[] = [];
      let frame = 0;
      const show = (): void => {
        frame = 0;
        // What comes once more, after a break, stays where it was.
        const known = new Set(this.get().events.map(({ key }) => key));
        const newest = batch.filter(({ key }) => !known.has(key) && known.add(key)).reverse();
        batch = [];
        this.patch({ events: [...newest, ...this.get().events].slice(0, maxEvents) });
      };
      const stop = followLog(apiPaths.log, {
        onEvent: (event, id) => {
          // A server that counts from the start again is another one: its events are others.
          batch.push({ ...event, key: `${id} ${event.at} ${event.jobId}` });
          frame ||= requestAnimationFrame(show);
        },
        onOpen: (isOpen) => this.patch({ isOpen }),
      });
      return () => {
        stop();
        cancelAnimationFrame(frame);
        this.patch({ isOpen: false });
      };
    });
  }
}
