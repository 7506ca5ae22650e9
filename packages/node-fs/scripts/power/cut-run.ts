import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Defect } from '../../fixtures/crash/broken-directory.ts';
import { Witness } from '../../fixtures/crash/invariants.ts';
import { baseOf, type Scenario, scenarios } from '../../fixtures/crash/payload.ts';
import type { Rig } from '../../fixtures/crash/rig.ts';
import type { Cut, Disk } from './disk.ts';

export interface CutTally {
  cuts: number;
  /** At a named step; the others came at any moment. */
  atSteps: number;
  readonly steps: Set<string>;
  acknowledged: number;
  readonly violations: string[];
}

export const newCutTally = (): CutTally => ({
  cuts: 0,
  atSteps: 0,
  steps: new Set(),
  acknowledged: 0,
  violations: [],
});

/** Writes to a disk, cuts its power, and looks at what is there when the power is back. */
export class CutRun {
  readonly #rig: Rig;
  readonly #disk: Disk;
  readonly #defect: Defect | undefined;
  readonly #moments = new Map<string, readonly string[]>();
  #count = 0;
  #folder = '';
  #witness = new Witness('');

  constructor(rig: Rig, disk: Disk, defect?: Defect) {
    this.#rig = rig;
    this.#disk = disk;
    this.#defect = defect;
  }

  /** @throws Error when the power cannot be cut in this way. */
  async cut(how: Cut, tally: CutTally): Promise<void> {
    this.#count += 1;
    const scenario = scenarios[this.#count % scenarios.length] ?? 'few';
    const fresh = this.#count % 10 === 0;
    await this.#prepare(scenario, fresh);
    const moment = Math.random() < 0.7 ? await this.#pickMoment(scenario) : undefined;
    if (fresh) await this.#anew();

    const writer = await this.#rig.publisher();
    writer.send({
      kind: 'publish',
      ...this.#order(scenario),
      times: 100,
      stop:
        moment === undefined
          ? undefined
          : { moment, nth: 1 + Math.floor(Math.random() * 3), how: 'wait' },
    });
    if (moment === undefined) await sleep(Math.random() * 150);
    // Some steps come in the first turn alone, or not at all when nothing is to be done.
    else await Promise.race([writer.next('waiting', 'done', 'failed'), sleep(1000)]);
    const refused = await this.#disk.cut(how);
    await writer.kill();
    if (refused !== undefined) throw new Error(refused);
    await this.#disk.powerOn();

    const { acknowledged } = writer;
    const violations = [...this.#witness.acknowledge(acknowledged)];
    violations.push(...(await this.#witness.settle()));
    tally.cuts += 1;
    tally.acknowledged += acknowledged.length;
    if (moment !== undefined) {
      tally.atSteps += 1;
      tally.steps.add(moment);
    }
    const where = `${scenario}, cut at ${moment === undefined ? 'any moment' : `"${moment}"`}, ${how}`;
    tally.violations.push(...violations.map((what) => `${where}: ${what}`));
    if (violations.length > 0) await this.#anew();
  }

  async #prepare(scenario: Scenario, fresh: boolean): Promise<void> {
    if (this.#folder === '') await this.#anew();
    if (fresh) return;
    // Without the defect, so that a control finds what the cut itself loses.
    const { acknowledged } = await this.#rig.run({
      ...this.#order(baseOf(scenario)),
      defect: undefined,
      times: scenario === 'rollback' ? 2 : 1,
    });
    this.#witness.acknowledge(acknowledged);
    await this.#witness.look();
  }

  /** One of the steps of an undisturbed turn, on this file system. */
  async #pickMoment(scenario: Scenario): Promise<string | undefined> {
    let moments = this.#moments.get(scenario);
    if (moments === undefined) {
      const trial = await this.#rig.run({ ...this.#order(scenario), defect: undefined, times: 2 });
      this.#witness.acknowledge(trial.acknowledged);
      moments = [...new Set(trial.moments)];
      this.#moments.set(scenario, moments);
    }
    return moments[Math.floor(Math.random() * moments.length)];
  }

  #order(scenario: Scenario) {
    return {
      folder: this.#folder,
      scenario,
      seed: `cut ${this.#count}`,
      retain: scenario === 'rollback' ? 2 : 1,
      defect: this.#defect,
    };
  }

  /** Another folder, two levels below what is there: that it is there at all has to last, too. */
  async #anew(): Promise<void> {
    if (this.#folder !== '') rmSync(join(this.#folder, '..'), { recursive: true, force: true });
    this.#folder = join(this.#disk.folder, `stores-${this.#count}`, 'store');
    this.#witness = new Witness(this.#folder);
  }
}
