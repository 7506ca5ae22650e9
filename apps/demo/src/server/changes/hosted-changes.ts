import type {
  JobClient,
  JobManagerEventName,
  JobManagerListener,
  ShutdownOptions,
} from '@offstage/core';
import type { KeptChange, KeptState } from './kept-changes.ts';

/** Where changes are started, watched and kept out: what the rest of the server knows of an engine. */
export interface ChangeEngine {
  forOwner(owner: string): JobClient;
  on<E extends JobManagerEventName>(event: E, listener: JobManagerListener<E>): () => void;
  /** Admits no change while it is held. @throws OffstageError `conflict` */
  enterMaintenance(): Disposable | Promise<AsyncDisposable>;
}

/** An engine, and where its handlers run. */
export interface HostedChanges extends ChangeEngine {
  /** Whose jobs read uploads ahead of a change, where that is of use to it. */
  readonly reader: JobClient | undefined;
  /** What jobs were kept in has failed for good: until the server is started again, none begins and none ends. */
  readonly isBroken: boolean;
  /**
   * Takes up what a former server left. Resolves to the changes that are known of it.
   *
   * @throws OffstageError why jobs cannot be kept.
   */
  open(): Promise<readonly KeptChange[]>;
  shutdown(options: ShutdownOptions): Promise<object>;
}

export interface HostedChangesOptions {
  /** Absolute. */
  readonly dataFolder: string;
  readonly stub: boolean;
  readonly debug: boolean;
  /** Told what there is before any of it goes on. */
  readonly onKept: (kept: KeptState) => void;
  /** The process that ran a change is gone, while this one lives, and the change goes on. */
  readonly onInterrupted: (session: string, jobId: string) => void;
  /** Of the machinery; what jobs fail by comes as `error`. */
  readonly report: (error: unknown) => void;
  /** A line for the server's log. */
  readonly note: (line: Readonly<Record<string, unknown>>) => void;
}
