import { damageTests } from './storage-suite-damage.ts';
import { type StorageSuiteOptions, suiteKit } from './storage-suite-kit.ts';
import { leaseTests } from './storage-suite-leases.ts';
import { onceTests } from './storage-suite-once.ts';
import { readingTests } from './storage-suite-reading.ts';
import { reuseTests } from './storage-suite-reuse.ts';
import { watchingTests } from './storage-suite-watching.ts';
import { writingTests } from './storage-suite-writing.ts';
import type { SuiteRunner } from './suite-runner.ts';

export type { StorageSuiteOptions, StorageUnderTest } from './storage-suite-kit.ts';
export type { SuiteFiles } from './suite-files.ts';

/**
 * The contract of a `SnapshotStorage`, by rule: the store's behaviour on it. What only a crash shows
 * is not in it.
 *
 * @example
 * storageSuite({ describe, test, expect }, { name: 'nodeStorage', create });
 */
export function storageSuite(runner: SuiteRunner, options: StorageSuiteOptions): void {
  const kit = suiteKit(runner, options);
  writingTests(kit);
  readingTests(kit);
  reuseTests(kit);
  leaseTests(kit);
  onceTests(kit);
  watchingTests(kit);
  damageTests(kit);
}
