import { describe, expect, test } from 'vitest';
import type { CrashReport, ExploreOptions } from '../testing/crash-scenario.ts';
import { exploreCrashes } from '../testing/explore-crashes.ts';
import { harmless, type Mutant, mutants } from './crash-mutants.test-support.ts';

/** Explores the mutant, and makes sure that it was one. */
async function explore(
  { scenario, mutate }: Omit<Mutant, 'finds'>,
  options?: ExploreOptions,
): Promise<CrashReport> {
  let applied = 0;
  const mutation = mutate(() => {
    applied += 1;
  });
  const report = await exploreCrashes(
    { ...scenario, disk: { ...scenario.disk, ...mutation } },
    options,
  );
  expect(applied).toBeGreaterThan(0);
  return report;
}

describe('the protocol with one step spoilt: some crash leaves a bad disk', () => {
  test.for(mutants)('S17 $what', async (mutant) => {
    const { violations } = await explore(mutant, { maxViolations: 1, outcomesPerCrash: 500 });
    expect(violations.map(({ problem }) => problem)).toEqual([expect.stringMatching(mutant.finds)]);
  });
});

describe('the protocol with another order: no crash leaves a bad disk', () => {
  test.for(harmless)('S17 $what', async (mutant) => {
    const outcomesPerCrash = process.env.OFFSTAGE_LONG === '1' ? 100_000 : 60;
    expect((await explore(mutant, { outcomesPerCrash })).violations).toEqual([]);
  });
});
