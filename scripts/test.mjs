// Runs every check of the repository and closes with the line `N passed, N failed`.
//   npm test                 all of them
//   npm test -- unit types   some of them, by name
//   npm test -- quick        those that need no browser, no build and no process of their own
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { ensureRedis } from './redis.mjs';
import { root } from './setup.mjs';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'offstage-test-'));
const vitestReport = (name) => path.join(scratch, `${name}.json`);
// The packages are packed once, by whichever check comes first.
process.env.OFFSTAGE_TARBALLS = path.join(scratch, 'tarballs');

const vitest = (name, project) => ({
  name,
  run: [
    'vitest',
    'run',
    `--project=${project}`,
    // A dot a test is something to look at on a terminal; in a log it is a page of noise.
    process.stdout.isTTY ? '--reporter=dot' : '--reporter=minimal',
    '--reporter=json',
    `--outputFile.json=${vitestReport(name)}`,
  ],
  count: () => countVitest(vitestReport(name)),
});

/**
 * In order of what a person wants to hear first. `needs` sees to what a check cannot do without,
 * `isAfter` names the check that makes what this one reads, and `count` reads how many tests it held.
 * What `isFirst` others stand on. Checks `beside` the rest run, in their order, while that waits for processes.
 */
const checks = [
  { name: 'lint', isFirst: true, run: ['biome', 'ci', '--colors=off', '.'] },
  { name: 'traceability', isFirst: true, run: ['node', 'scripts/traceability.mjs', '--check'] },
  { name: 'build', isFirst: true, run: ['turbo', 'run', 'build', '--output-logs=errors-only'] },
  // The site with the reference in it: what is public is described, and no link leads nowhere. Tests
  // read the pages that it writes, so it is done before them.
  { name: 'docs', run: ['node', 'scripts/docs/build.mjs'] },
  {
    name: 'types',
    isBeside: true,
    run: [
      'turbo',
      'run',
      'typecheck',
      ...['//#typecheck', '//#typecheck:node', '//#typecheck:web'],
      // Each holds one processor and half a gigabyte.
      `--concurrency=${os.availableParallelism()}`,
      '--output-logs=errors-only',
    ],
  },
  { name: 'size', isBeside: true, isAfter: 'build', run: ['size-limit'] },
  {
    name: 'packaging',
    isBeside: true,
    isAfter: 'build',
    run: ['node', 'scripts/packaging.mjs'],
    needs: [ensureRedis],
  },
  // Next.js and SvelteKit over the packages that `packaging` has packed; `npm run examples` takes all.
  {
    name: 'examples',
    isBeside: true,
    needs: [ensureChromium],
    run: ['node', 'scripts/examples.mjs', '--short'],
  },
  // What a browser shows is waited for most of the time.
  {
    ...vitest('pages', 'pages'),
    isBeside: true,
    isAfter: 'build',
    needs: [ensureChromium, ensureRedis],
  },
  {
    ...vitest('unit', '!pages'),
    isAfter: 'build',
    needs: [ensureChromium, ensureRedis],
  },
  { name: 'browser', run: ['node', 'scripts/browser.mjs'] },
];

/** What one runs between two edits; `OFFSTAGE_QUICK` tells Vitest which tests are meant. */
const quick = {
  checks: ['lint', 'traceability', 'types', 'unit'],
  environment: { OFFSTAGE_QUICK: '1' },
};

const asked = process.argv.slice(2);
const isQuick = asked.includes('quick');
const wanted = asked.flatMap((name) => (name === 'quick' ? quick.checks : [name]));
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  const names = ['quick', ...checks.map(({ name }) => name)];
  console.error(`Unknown check: ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  process.exit(1);
}

const isWanted = ({ name }) =>
  wanted.length === 0 ||
  wanted.includes(name) ||
  (!isQuick &&
    checks.some(({ name: later, isAfter }) => isAfter === name && wanted.includes(later)));

let passed = 0;
let failed = 0;
// Set once the packages are built as the sources stand, so that no suite builds them again.
let isBuilt = false;
const chosen = checks.filter(isWanted);
const beside = os.availableParallelism() > 1 ? chosen.filter(({ isBeside }) => isBeside) : [];
const inTurn = chosen.filter((check) => !beside.includes(check));
const first = inTurn.filter(({ isFirst }) => isFirst);
// Alone, they have nobody to wait beside, and say what they find while they find it.
const isShared = beside.length > 0 && inTurn.length > first.length;
const rest = (isShared ? inTurn : chosen).filter(({ isFirst }) => !isFirst);
await inOrder(first, 'inherit');
await Promise.all([inOrder(rest, 'inherit'), isShared && inOrder(beside, 'pipe')]);
rmSync(scratch, { recursive: true, force: true });

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function inOrder(list, output) {
  for (const check of list) await perform(check, output);
}

async function perform(check, output) {
  const startedAt = Date.now();
  if (output === 'inherit') console.log(`\n── ${check.name}`);
  const { succeeded, said } =
    isQuick || has(check.needs) ? await run(check.run, output) : { succeeded: false, said: '' };
  if (check.name === 'build') isBuilt = succeeded;
  const counts = check.count?.() ?? { passed: 0, failed: 0 };
  passed += counts.passed;
  failed += counts.failed;
  // A check is one more test: it may fail without any test of its own failing.
  if (succeeded) passed += 1;
  else if (counts.failed === 0) failed += 1;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  // What ran beside another check says all of it at once, or its lines would stand among the other's.
  if (output === 'pipe') console.log(`\n── ${check.name}\n${said.trimEnd()}`);
  console.log(`── ${check.name}: ${succeeded ? 'passed' : 'FAILED'} in ${seconds} s`);
  if (counts.slowest?.length > 0) console.log(`   longest: ${counts.slowest.join(', ')}`);
}

function has(needs = []) {
  try {
    for (const ensure of needs) ensure();
    return true;
  } catch (error) {
    console.error(error.message);
    return false;
  }
}

function run([command, ...args], output) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', output, output],
      shell: process.platform === 'win32',
      env: {
        ...process.env,
        ...(isQuick && quick.environment),
        ...(isBuilt && { OFFSTAGE_BUILT: '1' }),
      },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
    }
    child.on('error', (error) => {
      resolve({ succeeded: false, said: `${said}${error.message}\n` });
    });
    child.on('close', (code) => resolve({ succeeded: code === 0, said }));
  });
}

function countVitest(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      slowest: slowestFiles(report.testResults),
    };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** Where to look when the whole takes too long. */
function slowestFiles(files) {
  return files
    .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 5)
    .map(({ name, seconds }) => `${path.relative(root, name)} ${seconds.toFixed(0)} s`);
}
