import { afterAll, beforeAll, expect, test } from 'vitest';
import { SurvivalRig } from './rig.ts';

let rig: SurvivalRig;
beforeAll(async () => {
  rig = await SurvivalRig.start();
});
afterAll(() => rig.end());

/** Where an application is killed: `name#n` when it comes by for the n-th time. */
const steps = [
  'group: written#3',
  'group: durable#4',
  'group: answered#5',
  'handler: begun#1',
  'handler: published#1',
  'handler: saved#2',
  'handler: discarding#1',
];
const others = [
  'group: taken#1',
  'group: durable#1',
  'close: begun#1',
  'handler: before the commit#1',
];

test('K2 K3 K9 S19 an application that is killed at each named step loses nothing and publishes once', async () => {
  const left = process.env.OFFSTAGE_LONG === '1' ? [...steps, ...others] : [...steps];
  const found: string[] = [];
  const lane = async (): Promise<void> => {
    for (let step = left.shift(); step !== undefined; step = left.shift()) {
      const { killed, problems } = await rig.cycle(3, [{ step }]);
      if (killed !== 1) found.push(`${step}: it was not killed`);
      found.push(...problems.map((problem) => `${step}: ${problem}`));
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  expect(found).toEqual([]);
});
