import type { OffstageError } from '../foundation/errors.ts';
import { callSafely, Listeners, type NotifyScheduler } from '../foundation/listeners.ts';
import { isShallowEqual } from '../foundation/shallow-equal.ts';
import type { PollFailure, PollReader, PollWish } from './poll-loop.ts';
import type { ValueSeat } from './poll-values.ts';
import { type ReadOptions, wishOf } from './poller.ts';

export interface ValueObserverOptions<T> extends ReadOptions {
  /** What a server's page has read already. */
  readonly initialData?: T | undefined;
  /** Called for every look that fails. */
  readonly onError?: ((error: OffstageError) => void) | undefined;
}

/** A value that is read again and again, at one moment. The same object until something changed. */
export interface ValueSnapshot<T> {
  /** `undefined` before the first look. */
  readonly value: T | undefined;
  /** What went wrong while looking; the last good value stays beside it. */
  readonly error: OffstageError | undefined;
  /** The first look is still to come. */
  readonly isPending: boolean;
  /** Not looking, because the page is hidden. */
  readonly isPaused: boolean;
  /** Failed looks in a row. */
  readonly failureCount: number;
}

export interface ValueObserverPorts<T> {
  readonly read: (wish: PollWish, reader: PollReader<T>) => ValueSeat;
  /** Gives back `before`, or what of it is still right, where nothing changed. */
  readonly merge: (before: T | undefined, next: T) => T;
  readonly notify: NotifyScheduler;
}

interface State<T> {
  readonly value: T | undefined;
  readonly error: OffstageError | undefined;
  readonly failureCount: number;
  readonly paused: boolean;
  readonly stopped: boolean;
  readonly enabled: boolean;
}

/** What the observers of lists and of the activity have in common; the conventions of JobObserver. */
export class ValueObserver<T> {
  readonly #ports: ValueObserverPorts<T>;
  readonly #listeners: Listeners;
  #options: ValueObserverOptions<T>;
  #state: State<T>;
  #snapshot: ValueSnapshot<T>;
  readonly #initialSnapshot: ValueSnapshot<T>;
  #seat: ValueSeat | undefined;
  #visits = 0;

  constructor(options: ValueObserverOptions<T>, ports: ValueObserverPorts<T>) {
    wishOf(options);
    this.#options = options;
    this.#ports = ports;
    this.#listeners = new Listeners(ports.notify);
    this.#state = {
      value: options.initialData,
      error: undefined,
      failureCount: 0,
      paused: false,
      stopped: false,
      enabled: options.enabled !== false,
    };
    this.#snapshot = toSnapshot(this.#state);
    this.#initialSnapshot = this.#snapshot;
  }

  readonly getSnapshot = (): ValueSnapshot<T> => this.#snapshot;

  readonly getInitialSnapshot = (): ValueSnapshot<T> => this.#initialSnapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    const remove = this.#listeners.add(listener);
    this.#syncSeat();
    return () => {
      if (remove()) this.#syncSeat();
    };
  };

  readonly refetch = async (): Promise<void> => {
    this.#visits++;
    this.#syncSeat();
    await this.#seat?.refetch();
    this.#visits--;
    this.#syncSeat();
  };

  setOptions(options: ValueObserverOptions<T>): void {
    const wish = wishOf(options);
    this.#options = options;
    this.#seat?.change({ wish });
    this.#update({ enabled: options.enabled !== false });
    this.#syncSeat();
  }

  #syncSeat(): void {
    const isReading = this.#listeners.size > 0 && this.#options.enabled !== false;
    if (isReading || this.#visits > 0) {
      if (this.#seat !== undefined) return;
      this.#seat = this.#ports.read(wishOf(this.#options), {
        onAnswer: (value) => this.#onAnswer(value),
        onFailure: (failure, isOld) => this.#onFailure(failure, isOld),
        onPaused: (paused) => this.#update({ paused }),
      });
      // Taking it may have told the one subscriber something that made it leave.
      this.#syncSeat();
    } else if (this.#seat !== undefined) {
      this.#seat.leave();
      this.#seat = undefined;
      this.#update({ paused: false });
    }
  }

  #onAnswer(next: T): void {
    const value = this.#ports.merge(this.#state.value, next);
    this.#update({ value, error: undefined, failureCount: 0, stopped: false });
  }

  #onFailure({ error, failureCount, stopped }: PollFailure, isOld: boolean): void {
    this.#update({ error, failureCount, stopped });
    if (!isOld) callSafely(this.#options.onError, error);
  }

  #update(change: Partial<State<T>>): void {
    const before = this.#state;
    const after = { ...before, ...change };
    if (isShallowEqual(before, after)) return;
    this.#state = after;
    const snapshot = toSnapshot(after);
    if (isShallowEqual(this.#snapshot, snapshot)) return;
    this.#snapshot = snapshot;
    this.#listeners.changed();
  }
}

function toSnapshot<T>(state: State<T>): ValueSnapshot<T> {
  const { value, error, failureCount, enabled, stopped, paused } = state;
  const isLooking = enabled && !stopped;
  return Object.freeze({
    value,
    error,
    failureCount,
    isPending: value === undefined && isLooking,
    isPaused: paused && isLooking,
  });
}
