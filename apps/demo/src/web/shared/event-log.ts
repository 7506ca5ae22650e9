import type { Api, LogEvent } from '../api.ts';
import { Store } from './store.ts';

export interface EventLogState {
  /** Newest first; at most 500. */
  readonly events: readonly LogEvent[];
  readonly isOpen: boolean;
}

const maxEvents = 500;

/** The event log of this session's jobs, followed while someone looks. */
export class EventLog extends Store<EventLogState> {
  constructor(api: Api) {
    super({ events: [], isOpen: false }, () => {
      let batch: LogEvent[] = [];
      let frame = 0;
      const show = (): void => {
        frame = 0;
        const newest = batch.reverse();
        batch = [];
        const known = new Set(newest.map(({ seq }) => seq));
        const older = this.get().events.filter(({ seq }) => !known.has(seq));
        this.patch({ events: [...newest, ...older].slice(0, maxEvents) });
      };
      const stop = api.log(
        (event) => {
          batch.push(event);
          frame ||= requestAnimationFrame(show);
        },
        (isOpen) => this.patch({ isOpen }),
      );
      return () => {
        stop();
        cancelAnimationFrame(frame);
        this.patch({ isOpen: false });
      };
    });
  }
}
