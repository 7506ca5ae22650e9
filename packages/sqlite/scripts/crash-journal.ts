// Kills processes that write to a journal, at random steps and at random moments, and says what is wrong
// with what they leave.
import { parseArgs } from 'node:util';
import { CrashRig, type Kill } from '../fixtures/crash/rig.ts';

const usage = 'npm run crash:journal -w packages/sqlite -- [--cycles 1000] [--seed 1]';
const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
});
const cycles = readCount(values.cycles);
const firstSeed = readCount(values.seed);

const rig = await CrashRig.start();
const startedAt = performance.now();
const problems: string[] = [];
let begun = 0;
let killed = 0;
let acknowledged = 0;
const lane = async (): Promise<void> => {
  while (begun < cycles) {
    const seed = firstSeed + begun;
    begun += 1;
    const kill: Kill = begun % 2 === 0 ? { step: below(90) } : { afterMs: 40 + below(120) };
    const recoveries = Array.from({ length: below(3) }, () => below(6));
    const outcome = await rig.cycle(seed, kill, recoveries);
    killed += outcome.killed;
    acknowledged += outcome.acknowledged;
    if (outcome.problem === undefined) continue;
    problems.push(`seed ${seed}, ${JSON.stringify({ kill, recoveries })}: ${outcome.problem}`);
  }
};
try {
  await Promise.all([lane(), lane()]);
} finally {
  rig.end();
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(`${begun} cycles in ${seconds.toFixed(0)} s: ${killed} processes killed`);
console.log(`  ${acknowledged} writes acknowledged`);
console.log(`  violations: ${problems.length}`);
for (const problem of problems.slice(0, 20)) console.log(`    ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

function below(bound: number): number {
  return Math.floor(Math.random() * bound);
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  console.error(`Not a count: ${text}. Usage: ${usage}`);
  process.exit(2);
}
