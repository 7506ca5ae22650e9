import type { ApiError } from '../api.ts';
import { Store } from './store.ts';

/** `offline`: this device has no network. `unreachable`: it has, and the server does not answer. */
export type ConnectionState = 'online' | 'offline' | 'unreachable';

export class Connection extends Store<ConnectionState> {
  #answered = true;

  constructor() {
    super(navigator.onLine ? 'online' : 'offline');
    window.addEventListener('online', () => this.#update());
    window.addEventListener('offline', () => this.#update());
  }

  /** Takes note of how a request went. */
  readonly note = (error: ApiError | undefined): void => {
    this.#answered = error === undefined || error.status !== 0;
    this.#update();
  };

  #update(): void {
    if (this.#answered) this.set(navigator.onLine ? 'online' : 'offline');
    else this.set(navigator.onLine ? 'unreachable' : 'offline');
  }
}
