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
const vitestReport = path.join(scratch, 'vitest.json');
// The packages are packed once, by whichever check comes first.
process.env.OFFSTAGE_TARBALLS = path.join(scratch, 'tarballs');

// A dot a test is something to look at on a terminal; in a log it is a page of noise.
const reporters = [
  process.stdout.isTTY ? '--reporter=dot' : '--reporter=minimal',
  '--reporter=json',
  `--outputFile.json=${vitestReport}`,
];

/**
 * In order of what a person wants to hear first. `needs` sees to what a check cannot do without;
 * `count` reads how many tests it held.
 */
const checks = [
  { name: 'lint', run: ['biome', 'ci', '--colors=off', '.'] },
  { name: 'traceability', run: ['node', 'scripts/traceability.mjs', '--check'] },
  {
    name: 'types',
    run: ['turbo', 'run', 'typecheck', '//#typecheck', '--output-logs=errors-only'],
  },
  // The site with the reference in it: what is public is described, and no link leads nowhere.
  { name: 'docs', run: ['node', 'scripts/docs/build.mjs'] },
  { name: 'build', run: ['turbo', 'run', 'build', '--output-logs=errors-only'] },
  {
    name: 'unit',
    needs: [ensureChromium, ensureRedis],
    run: ['vitest', 'run', '--project=!pages', ...reporters],
    count: countVitest,
  },
  {
    name: 'pages',
    needs: [ensureChromium],
    run: ['vitest', 'run', '--project=pages', ...reporters],
    count: countVitest,
  },
  { name: 'size', run: ['size-limit'] },
  { name: 'packaging', run: ['node', 'scripts/packaging.mjs'] },
  { name: 'browser', run: ['node', 'scripts/browser.mjs'] },
  // Next.js and SvelteKit over the packages that `packaging` has packed; `npm run examples` takes all.
  { name: 'examples', needs: ensureChromium, run: ['node', 'scripts/examples.mjs', '--short'] },
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

let passed = 0;
let failed = 0;
for (const check of checks) {
  if (wanted.length > 0 && !wanted.includes(check.name)) continue;
  const startedAt = Date.now();
  console.log(`\n── ${check.name}`);
  const succeeded = (isQuick || has(check.needs)) && (await run(check.run));
  const counts = check.count?.() ?? { passed: 0, failed: 0 };
  passed += counts.passed;
  failed += counts.failed;
  // A check is one more test: it may fail without any test of its own failing.
  if (succeeded) passed += 1;
  else if (counts.failed === 0) failed += 1;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`── ${check.name}: ${succeeded ? 'passed' : 'FAILED'} in ${seconds} s`);
}
rmSync(scratch, { recursive: true, force: true });

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function has(needs = []) {
  try {
    for (const ensure of needs) ensure();
    return true;
  } catch (error) {
    console.error(error.message);
    return false;
  }
}

function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
      env: isQuick ? { ...process.env, ...quick.environment } : process.env,
    });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });
}

function countVitest() {
  try {
    const report = JSON.parse(readFileSync(vitestReport, 'utf8'));
    return { passed: report.numPassedTests, failed: report.numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
