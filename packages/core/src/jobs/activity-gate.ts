import { admissionPaused, maintenanceConflict } from './admission-errors.ts';

/** Held until it is released; releasing it again does nothing. */
export interface ActivityLease extends Disposable {
  release(): void;
}

/**
 * Foreground and maintenance keep each other out (J15).
 *
 *   open ──enterForeground──> n leases     (counted; maintenance is refused)
 *   open ──enterMaintenance──> fenced      (refused while a job is active or a lease is held;
 *                                           new jobs and new leases are refused)
 *
 * Every step is synchronous, so of a fence and a lease asked for together exactly one wins.
 */
export class ActivityGate {
  #leases = 0;
  #maintenance = false;
  /** How often it was entered or left. */
  changes = 0;

  get foregroundLeases(): number {
    return this.#leases;
  }

  get maintenance(): boolean {
    return this.#maintenance;
  }

  /** @throws OffstageError `admission_paused` while maintenance is held. */
  enterForeground(): ActivityLease {
    this.assertOpen();
    this.#leases += 1;
    this.changes += 1;
    return lease(() => {
      this.#leases -= 1;
      this.changes += 1;
    });
  }

  /** @throws OffstageError `conflict` while a job is active, or a lease or maintenance is held. */
  enterMaintenance(activeJobs: number): ActivityLease {
    if (this.#maintenance || this.#leases > 0 || activeJobs > 0) {
      throw maintenanceConflict({
        activeJobs,
        foregroundLeases: this.#leases,
        maintenance: this.#maintenance,
      });
    }
    this.#maintenance = true;
    this.changes += 1;
    return lease(() => {
      this.#maintenance = false;
      this.changes += 1;
    });
  }

  /** @throws OffstageError `admission_paused` while maintenance is held. */
  assertOpen(): void {
    if (this.#maintenance) throw admissionPaused();
  }
}

function lease(onRelease: () => void): ActivityLease {
  let held = true;
  const release = (): void => {
    if (!held) return;
    held = false;
    onRelease();
  };
  return Object.freeze({ release, [Symbol.dispose]: release });
}
