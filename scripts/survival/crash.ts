// Kills applications with threads, a journal and published versions at random steps and moments, often
// more than once in a row, and says what is wrong with what they leave.
import { parseArgs } from 'node:util';
import { type Kill, SurvivalRig } from './rig.ts';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '10000' },
    lanes: { type: 'string', default: '2' },
  },
});
const cycles = readCount('cycles', values.cycles);

const names = [
  ...['taken', 'begun', 'entry written', 'written', 'durable', 'answered'].map(
    (at) => `group: ${at}`,
  ),
  ...['begun', 'before the commit', 'published', 'saved', 'discarding'].map(
    (at) => `handler: ${at}`,
  ),
  ...['locked', 'migrated', 'format kept', 'holder written', 'read'].map((at) => `open: ${at}`),
  ...['begun', 'log written back'].map((at) => `close: ${at}`),
];

const rig = await SurvivalRig.start();
const startedAt = performance.now();
const problems: string[] = [];
let [begun, killed, kept] = [0, 0, 0];
const lane = async (): Promise<void> => {
  while (begun < cycles) {
    begun += 1;
    const kills = Array.from({ length: 1 + below(3) }, randomKill);
    const outcome = await rig.cycle(3 + below(9), kills);
    killed += outcome.killed;
    kept += outcome.kept;
    for (const problem of outcome.problems) problems.push(`${JSON.stringify(kills)}: ${problem}`);
  }
};
try {
  await Promise.all(Array.from({ length: readCount('lanes', values.lanes) }, lane));
} finally {
  rig.end();
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(`${begun} cycles in ${seconds.toFixed(0)} s: ${killed} processes killed`);
console.log(`  ${kept} jobs kept`);
console.log(`  violations: ${problems.length}`);
for (const problem of problems.slice(0, 20)) console.log(`    ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

function randomKill(): Kill {
  const name = names[below(names.length)] ?? 'group: taken';
  return below(3) === 0 ? { afterMs: 80 + below(400) } : { step: `${name}#${1 + below(8)}` };
}

function below(bound: number): number {
  return Math.floor(Math.random() * bound);
}

function readCount(option: string, text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  console.error(`--${option} must be a whole number of at least 1. It is ${text}.`);
  process.exit(2);
}
