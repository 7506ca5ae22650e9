// Installs the packed packages in copies of the examples, builds them, and drives each in Chromium.
// `npm run examples` takes all of them, `npm run examples -- next sveltekit` those.
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumArguments, ensureChromium } from './chromium.mjs';
import { root } from './setup.mjs';

/** What is built of each, and how what was built is started: one row is one run in Chromium. */
const examples = {
  next: [
    { title: 'Turbopack, production', build: ['build:turbopack'], start: 'start' },
    { title: 'webpack, production', build: ['build:webpack'], start: 'start' },
    { title: 'Turbopack, development', build: [], start: 'dev:turbopack' },
    { title: 'webpack, development', build: [], start: 'dev:webpack' },
  ],
  sveltekit: [
    { title: 'production', build: ['build'], start: 'start' },
    { title: 'development', build: [], start: 'dev', args: ['--port'] },
  ],
  esbuild: [{ title: 'production', build: ['build'], start: 'start' }],
  'hono-react': [{ title: 'production', build: ['build'], start: 'start' }],
  'express-svelte': [{ title: 'production', build: ['build'], start: 'start' }],
};

const asked = process.argv.slice(2).filter((name) => !name.startsWith('-'));
// `--production` leaves the development servers out.
const isShort = process.argv.includes('--production');
const names = asked.length > 0 ? asked : Object.keys(examples);
const scratch = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'offstage-examples-')));
let failures = 0;
try {
  const tarballs = pack();
  for (const name of names) await runExample(name, tarballs);
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exitCode = failures === 0 ? 0 : 1;

function pack() {
  const tarballs = {};
  for (const name of readdirSync(path.join(root, 'packages'))) {
    const directory = path.join(root, 'packages', name);
    if (!existsSync(path.join(directory, 'dist'))) continue;
    const packed = run('npm', ['pack', '--json', '--pack-destination', scratch], directory);
    const [first] = Object.values(JSON.parse(packed));
    tarballs[`@offstage/${name}`] = `file:${path.join(scratch, first.filename)}`;
  }
  return tarballs;
}

async function runExample(name, tarballs) {
  const folder = path.join(scratch, name);
  const isSource = (file) => !/[\\/](node_modules|build|dist|data|\.next|\.svelte-kit)$/.test(file);
  cpSync(path.join(root, 'examples', name), folder, { recursive: true, filter: isSource });
  const file = path.join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const dependency of Object.keys(manifest.dependencies)) {
    if (dependency in tarballs) manifest.dependencies[dependency] = tarballs[dependency];
  }
  writeFileSync(file, JSON.stringify(manifest));
  await told(`${name}: install`, () =>
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder),
  );
  for (const row of examples[name]) {
    if (isShort && row.build.length === 0) continue;
    await told(`${name}: ${row.title}`, async () => {
      for (const folderName of ['data', '.next', 'build', 'dist']) {
        rmSync(path.join(folder, folderName), { recursive: true, force: true });
      }
      for (const script of row.build) run('npm', ['run', script], folder);
      await serve(folder, row, manifest.scripts[row.start]);
    });
  }
}

/** Starts what was built, uses it, stops it by a signal, and looks at what it left. */
async function serve(folder, row, command) {
  const port = await freePort();
  const words = command.split(' ');
  const settings = words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('='));
  const [program, ...args] = words.filter((word) => !/^[A-Z_]+=/.test(word));
  const bins = path.join(folder, 'node_modules', '.bin');
  const child = spawn(program, row.args ? [...args, ...row.args, String(port)] : args, {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${bins}${path.delimiter}${process.env.PATH}`,
      PORT: String(port),
      HOST: '127.0.0.1',
      NEXT_TELEMETRY_DISABLED: '1',
      ...Object.fromEntries(settings),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a development server has children.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    const address = `http://localhost:${port}/`;
    await answers(address, child);
    await drive(address);
    // A job is under way again when the signal comes: its draft goes with it.
    await startOne(address);
    child.kill('SIGTERM');
    await ended;
    const drafts = readdirSync(path.join(folder, 'data', 'books')).filter((name) =>
      /^_(tmp|del)-/.test(name),
    );
    // A development server ends its own children as it likes; the next writer takes such a draft away.
    if (row.build.length > 0 && drafts.length > 0)
      throw new Error(`SIGTERM left a draft: ${drafts.join(', ')}`);
  } catch (error) {
    throw new Error(`${error?.stack ?? error}\n--- the server's output ---\n${output}`);
  } finally {
    endGroup(child.pid);
    await ended;
  }
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function withPage(address, work) {
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: chromiumArguments,
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(45_000);
    await page.goto(address);
    return await work(page);
  } finally {
    await browser.close();
  }
}

function startOne(address) {
  return withPage(address, async (page) => {
    await click(page);
    await page
      .getByRole('status')
      .getByText(/Page \d+ of 120/)
      .waitFor();
  });
}

/** What every example can do: progress, cancel, publish, one session a visitor. */
function drive(address) {
  return withPage(address, async (page) => {
    const status = page.getByRole('status');
    await page.getByText('Nothing is published yet.').waitFor();
    await click(page);
    await status.getByText(/Page \d+ of 120/).waitFor();
    // Another copy of the server's modules, and another visitor: neither ends the job nor sees it.
    const other = await page.context().browser().newContext();
    const theirs = await other.newPage();
    await theirs.goto(address);
    const listed = await theirs.evaluate(async () => (await fetch('/jobs')).json());
    if (listed.jobs.length > 0) throw new Error('A visitor sees the jobs of another.');
    await other.close();
    await status.getByText(/Page ([5-9]|\d\d) of 120/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await status.getByText('Canceled: nothing was published.').waitFor();
    await page.reload();
    await page.getByText('Nothing is published yet.').waitFor();
    await click(page);
    await status.getByText(/Published 120 pages as version /).waitFor();
    await page.reload();
    await page.getByText(/Published: version /).waitFor();
  });
}

/** Clicks until the page has its scripts. */
async function click(page) {
  const busy = page.getByRole('button', { name: 'Cancel' });
  const print = page.getByRole('button', { name: 'Print' });
  for (let tries = 0; tries < 40 && !(await busy.isVisible()); tries += 1) {
    if (await print.isEnabled()) await print.click();
    await busy.waitFor({ timeout: 1000 }).catch(() => {});
  }
}

async function answers(address, child) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const response = await fetch(address).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Nothing answers at ${address}`);
}

function freePort() {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function told(title, work) {
  const begun = performance.now();
  try {
    await work();
    console.log(`ok      ${title} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${title}\n${error?.stack ?? error}`);
  }
}

function run(command, args, cwd) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}${error?.message ?? ''}`);
}
