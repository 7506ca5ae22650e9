import type { Clock } from '../foundation/clock.ts';
import type { MemoryOperation, MemoryStorage, MemoryStorageOptions } from './memory-storage.ts';

/** Where something runs that may be cut off. */
export interface CrashPlace {
  readonly storage: MemoryStorage;
  /**
   * For the store's option of that name: ids that are the same in every run, so that equal disks are
   * found equal. With random ids all holds as well, and takes longer.
   */
  readonly newId: () => string;
  /** For the store's option of that name: it stands still. */
  readonly clock: Clock;
}

/** What is cut off at each operation, and what must hold on every disk that is found then. */
export interface CrashScenario {
  readonly name: string;
  /** Makes what is there before, durably. @default an empty place */
  readonly setup?: ((place: CrashPlace) => Promise<void>) | undefined;
  /** When it resolves, what it published is promised to last. */
  readonly publish: (place: CrashPlace) => Promise<void>;
  /** What comes after a crash and a recovery, and must publish. @default `publish` */
  readonly publishAgain?: ((place: CrashPlace) => Promise<void>) | undefined;
  /** What the next process does first. @default what `SnapshotStore.recover` does */
  readonly recover?: ((place: CrashPlace) => Promise<unknown>) | undefined;
  /** Throws what is wrong with a disk, beside all that is looked at in any case. */
  readonly check?: ((place: CrashPlace) => Promise<void>) | undefined;
  /** Names in the root that the routine writes beside those of the layout. @default none */
  readonly own?: readonly string[] | undefined;
  /** Versions that a process has open which is not killed with the writer. */
  readonly readers?: readonly CrashReader[] | undefined;
  /** What disk it is, and how it is broken. */
  readonly disk?: Omit<MemoryStorageOptions, 'onOperation'> | undefined;
}

export interface CrashReader {
  /** One that is there after `setup`. */
  readonly gen: number;
  /** Opens it just before that operation of `publish`. @default before the first one */
  readonly from?: ((operation: MemoryOperation) => boolean) | undefined;
}

export interface ExploreOptions {
  /**
   * How many recoveries are cut off, one after the other, before one may come to its end.
   * @default 1
   */
  readonly depth?: number | undefined;
  /**
   * How many outcomes of one loss of power are tried. Where there are more, the report says so.
   * @default 100_000
   */
  readonly outcomesPerCrash?: number | undefined;
  /** Ends the exploration after so many. @default 10 */
  readonly maxViolations?: number | undefined;
}

/** A disk that something was wrong with, and how it came about. */
export interface CrashViolation {
  readonly problem: string;
  /** The crashes that led there, in order, and what each left. */
  readonly trace: readonly string[];
}

export interface CrashReport {
  readonly name: string;
  /** Operations before or after which the publish was cut off. */
  readonly crashPoints: number;
  /** Operations before or after which a recovery was cut off. */
  readonly recoveryCrashPoints: number;
  /** Disks that a crash left, as many as there are combinations of what each change became. */
  readonly outcomes: number;
  /**
   * Different ones among them. Each is looked at, recovered and published on once: what follows
   * depends on nothing but the disk.
   */
  readonly states: number;
  /** How many different disks a recovery left, on each of which was published again. */
  readonly recovered: number;
  /** Crashes with more than `outcomesPerCrash` outcomes, of which that many were tried. */
  readonly cut: readonly string[];
  /** Empty when nothing is wrong. */
  readonly violations: readonly CrashViolation[];
}
