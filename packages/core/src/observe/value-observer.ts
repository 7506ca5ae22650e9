import type { OffstageError } from '../foundation/errors.ts';
import { callSafely, Listeners, type NotifyScheduler } from '../foundation/listeners.ts';
import { isShallowEqual } from '../foundation/shallow-equal.ts';
import type { PollFailure, PollReader, PollTiming } from './poll-loop.ts';
import type { ValueSubscription } from './poll-values.ts';
import { type ReadOptions, timingOf } from './poller.ts';

export interface ValueObserverOptions<T> extends ReadOptions {
  /** What a server's page has read already. */
  readonly initialData?: T | undefined;
  /** Called for every look that fails. */
  readonly onError?: ((error: OffstageError) => void) | undefined;
}

/** A value that is read again and again, at one moment. The same object until something changed. */
export interface ValueObserverState<T> {
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
  readonly read: (timing: PollTiming, reader: PollReader<T>) => ValueSubscription;
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
  #snapshot: ValueObserverState<T>;
  readonly #initialSnapshot: ValueObserverState<T>;
  #subscription: ValueSubscription | undefined;
  #visits = 0;

  constructor(options: ValueObserverOptions<T>, ports: ValueObserverPorts<T>) {
    timingOf(options);
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
    this.#snapshot = toObserverState(this.#state);
    this.#initialSnapshot = this.#snapshot;
  }

  readonly getSnapshot = (): ValueObserverState<T> => this.#snapshot;

  readonly getInitialSnapshot = (): ValueObserverState<T> => this.#initialSnapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    const remove = this.#listeners.add(listener);
    this.#syncSubscription();
    return () => {
      if (remove()) this.#syncSubscription();
    };
  };

  readonly refetch = async (): Promise<void> => {
    this.#visits++;
    this.#syncSubscription();
    await this.#subscription?.refetch();
    this.#visits--;
    this.#syncSubscription();
  };

  setOptions(options: ValueObserverOptions<T>): void {
    const timing = timingOf(options);
    this.#options = options;
    this.#subscription?.change({ timing });
    this.#update({ enabled: options.enabled !== false });
    this.#syncSubscription();
  }

  #syncSubscription(): void {
    const isReading = this.#listeners.size > 0 && this.#options.enabled !== false;
    if (isReading || this.#visits > 0) {
      if (this.#subscription !== undefined) return;
      this.#subscription = this.#ports.read(timingOf(this.#options), {
        onAnswer: (value) => this.#onAnswer(value),
        onFailure: (failure, isOld) => this.#onFailure(failure, isOld),
        onPaused: (paused) => this.#update({ paused }),
      });
      // Taking it may have told the one subscriber something that made it leave.
      this.#syncSubscription();
    } else if (this.#subscription !== undefined) {
      this.#subscription.leave();
      this.#subscription = undefined;
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
    const snapshot = toObserverState(after);
    if (isShallowEqual(this.#snapshot, snapshot)) return;
    this.#snapshot = snapshot;
    this.#listeners.changed();
  }
}

function toObserverState<T>(state: State<T>): ValueObserverState<T> {
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
