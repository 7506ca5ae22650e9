import { expect, test } from 'vitest';
import { type Costs, type Fleet, mostThatKeepsUp, seeded, simulateFleet } from './fleet-model.ts';

const nothing: Costs = {
  ...{ start: 0, step: 0, progress: 0, delivery: 0, look: 0, lookAtJob: 0, idle: 0 },
};
const fleet: Fleet = {
  ...{ workers: 100, slots: 10, jobsPerSecond: 100, jobSeconds: 2, reportsPerSecond: 0 },
  ...{ observers: 0, pollSeconds: 1, webServers: 10, queues: 1 },
};

test('E1 the model of a fleet waits as the theory of a queue says', () => {
  // Requests at random, each as long: half of busy / (1 - busy) services on average, M/D/1.
  const costs = { ...nothing, look: 0.0001 };
  const polled = { ...fleet, jobsPerSecond: 0, observers: 7000 };
  const { busy, p50Ms, p99Ms, isSaturated } = simulateFleet(polled, costs, seeded(1));
  expect(busy).toBeCloseTo(0.7, 1);
  expect(isSaturated).toBe(false);
  // 0.1 ms of its own, and 0.117 ms of waiting on average, which few exceed by far.
  expect(p50Ms).toBeGreaterThan(0.1);
  expect(p50Ms).toBeLessThan(0.22);
  expect(p99Ms).toBeGreaterThan(0.3);
  expect(p99Ms).toBeLessThan(0.9);
});

test('E1 the model counts what each part of a fleet costs, and divides it among queues', () => {
  const busyWith = (costs: Partial<Costs>, more: Partial<Fleet> = {}): number =>
    simulateFleet({ ...fleet, ...more }, { ...nothing, ...costs }, seeded(2)).busy;
  expect(busyWith({ start: 0.001 })).toBeCloseTo(0.1, 1);
  expect(busyWith({ step: 0.001 })).toBeCloseTo(0.2, 1);
  expect(busyWith({ progress: 0.001 }, { reportsPerSecond: 2 })).toBeCloseTo(0.4, 1);
  expect(busyWith({ idle: 0.001 })).toBeCloseTo(0.1, 1);
  expect(busyWith({ look: 0.001 }, { observers: 1000, pollSeconds: 2 })).toBeCloseTo(0.5, 1);
  // 200 jobs run, each watched by five, who look when one reports or ends.
  const streamed = { observers: 1000, pollSeconds: 0, reportsPerSecond: 1 };
  expect(busyWith({ lookAtJob: 0.0003 }, streamed)).toBeCloseTo(0.45, 1);
  expect(busyWith({ delivery: 0.0003 }, streamed)).toBeCloseTo(0.45, 1);
  expect(busyWith({ look: 0.001 }, { observers: 2000, pollSeconds: 1, queues: 4 })).toBeCloseTo(
    0.5,
    1,
  );
});

test('E1 the model finds where a fleet falls behind', () => {
  const costs = { ...nothing, look: 0.0001 };
  const with_ = (observers: number): Fleet => ({ ...fleet, jobsPerSecond: 0, observers });
  expect(simulateFleet(with_(20_000), costs, seeded(3)).isSaturated).toBe(true);
  const most = mostThatKeepsUp(with_, 100_000, costs, seeded(4));
  expect(most).toBeGreaterThan(6500);
  expect(most).toBeLessThan(7500);
});
