import { describe, expect, test } from 'vitest';
import type { CrashReport, CrashScenario } from '../testing/crash-scenario.ts';
import { exploreCrashes } from '../testing/explore-crashes.ts';
import { atOnce, oneByOne, scenarios } from './crash-scenarios.test-support.ts';

const long = process.env.OFFSTAGE_LONG === '1';

const { first, second, retention, leased, rollback, afterRollback, hardLinks, reflinks, once } =
  scenarios;

interface Short {
  readonly scenario: CrashScenario;
  readonly depth: number;
  /** At least so many, lest something is left out unseen. */
  readonly crashPoints: number;
  readonly states: number;
}

const short: readonly Short[] = [
  { scenario: first, depth: 1, crashPoints: 50, states: 400 },
  { scenario: second, depth: 1, crashPoints: 48, states: 300 },
  { scenario: retention, depth: 1, crashPoints: 55, states: 400 },
  { scenario: leased, depth: 1, crashPoints: 50, states: 300 },
  { scenario: rollback, depth: 3, crashPoints: 20, states: 15 },
  { scenario: afterRollback, depth: 0, crashPoints: 55, states: 100 },
  { scenario: once, depth: 1, crashPoints: 35, states: 35 },
  { scenario: hardLinks, depth: 0, crashPoints: 70, states: 150 },
  { scenario: reflinks, depth: 0, crashPoints: 70, states: 200 },
  { scenario: atOnce(first), depth: 0, crashPoints: 40, states: 60 },
  { scenario: atOnce(second), depth: 1, crashPoints: 40, states: 200 },
  { scenario: atOnce(hardLinks), depth: 0, crashPoints: 60, states: 80 },
  { scenario: oneByOne(second), depth: 0, crashPoints: 45, states: 60 },
];

const everyWay = Object.values(scenarios).flatMap((scenario) => [
  scenario,
  atOnce(scenario),
  oneByOne(scenario),
]);

function expectSound(report: CrashReport): void {
  const { violations, cut } = report;
  expect(violations).toEqual([]);
  expect(cut).toEqual([]);
}

describe.runIf(!long)('a crash at each operation', () => {
  test.for(short)(
    'S17 S15 S19 S4 S2 of $scenario.name leaves a good disk',
    { timeout: 120_000 },
    async (expected) => {
      const { scenario, depth } = expected;
      const report = await exploreCrashes(scenario, { depth });
      expectSound(report);
      expect(report.crashPoints).toBeGreaterThanOrEqual(expected.crashPoints);
      expect(report.states).toBeGreaterThanOrEqual(expected.states);
    },
  );
});

describe.runIf(long)('a crash at each operation, and of each recovery twice over', () => {
  const total = { crashPoints: 0, recoveryCrashPoints: 0, outcomes: 0, states: 0, recovered: 0 };

  test.for(everyWay)(
    'S17 S15 S4 S2 of $name leaves a good disk',
    { timeout: 3_600_000 },
    async (scenario) => {
      const report = await exploreCrashes(scenario, { depth: 2, outcomesPerCrash: 1e7 });
      expectSound(report);
      for (const key of [
        'crashPoints',
        'recoveryCrashPoints',
        'outcomes',
        'states',
        'recovered',
      ] as const) {
        total[key] += report[key];
      }
      process.stdout.write(`${JSON.stringify(report)}\n`);
    },
  );

  test('S17 and that was many', () => {
    process.stdout.write(`${JSON.stringify(total)}\n`);
    expect(total.crashPoints).toBeGreaterThan(1000);
    expect(total.states).toBeGreaterThan(10_000);
  });
});
