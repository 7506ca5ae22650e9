// Installs the packed packages in copies of the examples, builds them, and drives each in Chromium.
//   npm run examples                    all of them
//   npm run examples -- next sveltekit  those
//   npm run examples -- 'next: webpack, production'
//   npm run examples -- ten-minutes     what a page of the site says, followed to the letter
//   npm run examples -- --short         of Next.js and SvelteKit what `npm test` has time for
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumArguments, ensureChromium } from './chromium.mjs';
import { drive, expectLost, pageErrors, withJob } from './examples/drive.mjs';
import { freePort, run, startServer } from './examples/processes.mjs';
import { driveReport, walk, walks } from './examples/walk.mjs';
import { root } from './setup.mjs';

const vite = { production: { build: ['build'], start: 'start' } };

/**
 * By the title of a run: what is built, how the server is started, and which pages it has. What builds
 * nothing is a development server, which ends its own children as it likes.
 */
const examples = {
  next: {
    'Turbopack, production': { build: ['build:turbopack'], start: 'start', isShort: true },
    'webpack, production': { build: ['build:webpack'], start: 'start' },
    'Turbopack, development': { build: [], start: 'dev:turbopack' },
    'webpack, development': { build: [], start: 'dev:webpack' },
  },
  sveltekit: {
    production: { build: ['build'], start: 'start', isShort: true },
    development: { build: [], start: 'dev', takesPort: true },
  },
  nuxt: {
    production: { build: ['typecheck', 'build'], start: 'start' },
    development: { build: [], start: 'dev' },
  },
  'react-router': {
    production: { build: ['typecheck', 'build'], start: 'start' },
    development: { build: [], start: 'dev', takesPort: true },
  },
  esbuild: { production: { build: ['typecheck', 'build'], start: 'start' } },
  vanilla: {
    production: { build: ['typecheck', 'build'], start: 'start', pages: ['/', '/bare.html'] },
  },
  'hono-react': { production: { build: ['typecheck', 'build'], start: 'start' } },
  'express-svelte': vite,
  vue: vite,
  solid: { production: { build: ['typecheck', 'build'], start: 'start' } },
};

/** What builds and runs leave behind. */
const made = ['data', '.next', '.nuxt', '.output', '.react-router', 'build', 'dist'];

const isShort = process.argv.includes('--short');
// Each with the run that is meant, where one is.
const askedRuns = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('-'))
  .map((argument) => argument.split(': '));
const asked = [...new Set(askedRuns.map(([name]) => name))];
const all = [...Object.keys(examples), ...Object.keys(walks)];
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
  process.exit(1);
}

const rowsOf = (name) => {
  const titles = askedRuns.filter(([other, title]) => other === name && title !== undefined);
  return Object.entries(examples[name] ?? {})
    .filter(([, row]) => !isShort || row.isShort === true)
    .filter(([title]) => titles.length === 0 || titles.some(([, wanted]) => wanted === title));
};
const names = (asked.length > 0 ? asked : all).filter(
  (name) => rowsOf(name).length > 0 || (!isShort && name in walks),
);
const scratch = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'offstage-examples-')));
let failures = 0;
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: chromiumArguments,
});
try {
  const tarballs = await pack();
  // The short form is in a hurry, and is two at most.
  if (isShort) await Promise.all(names.map((name) => runExample(name, tarballs)));
  else for (const name of names) await (name in walks ? runWalk : runExample)(name, tarballs);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
// At once: a stream of a server that was ended by force may stay open.
process.exit(failures === 0 ? 0 : 1);

/** The packages as they would be published, by name: `npm test` has packed them before. */
async function pack() {
  const folder = process.env.OFFSTAGE_TARBALLS ?? path.join(scratch, 'tarballs');
  mkdirSync(folder, { recursive: true });
  const tarballOf = (name) =>
    readdirSync(folder).find((file) => file.startsWith(`offstage-${name}-`));
  const packing = readdirSync(path.join(root, 'packages')).map(async (name) => {
    const directory = path.join(root, 'packages', name);
    if (!existsSync(path.join(directory, 'dist'))) return [];
    if (tarballOf(name) === undefined) {
      await run('npm', ['pack', '--pack-destination', folder], directory);
    }
    return [[`@offstage/${name}`, `file:${path.join(folder, tarballOf(name))}`]];
  });
  return Object.fromEntries((await Promise.all(packing)).flat());
}

async function runExample(name, tarballs) {
  const folder = path.join(scratch, name);
  const isSource = (file) =>
    ![...made, 'node_modules', '.svelte-kit'].includes(path.basename(file));
  cpSync(path.join(root, 'examples', name), folder, { recursive: true, filter: isSource });
  const file = path.join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const dependency of Object.keys(manifest.dependencies)) {
    if (dependency in tarballs) manifest.dependencies[dependency] = tarballs[dependency];
  }
  writeFileSync(file, JSON.stringify(manifest));
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  if (!(await told(`${name}: install`, () => run('npm', install, folder)))) return;
  for (const [title, row] of rowsOf(name)) {
    await told(`${name}: ${title}`, async () => {
      for (const folderName of made) {
        rmSync(path.join(folder, folderName), { recursive: true, force: true });
      }
      for (const script of row.build) await run('npm', ['run', script], folder);
      await use(folder, row, manifest.scripts[row.start]);
    });
  }
}

async function runWalk(name, tarballs) {
  await told(`${name}: as the site says it`, async () => {
    const { project, server: command } = await walk(name, path.join(scratch, name), tarballs);
    // Where the pages say how types are checked, they are.
    if (existsSync(path.join(project, 'tsconfig.json'))) await run('npx', ['tsc'], project);
    const port = await freePort();
    const start = () => startServer(project, command, port);
    let server = await start();
    const page = await browser.newPage();
    page.setDefaultTimeout(45_000);
    page.on('pageerror', (error) => pageErrors.push(error.stack || String(error)));
    try {
      await page.goto(server.address);
      await driveReport(page);
      await server.stop('SIGKILL');
      server = await start();
      await page.getByRole('status').getByText('This job is gone.').waitFor();
      if (pageErrors.length > 0) throw new Error('A script of the page failed.');
    } catch (error) {
      const ofPages = pageErrors.splice(0).join('\n');
      throw new Error(`${error?.stack ?? error}\n${ofPages}\n${server.output}`);
    } finally {
      await page.close();
      await server.stop('SIGTERM');
    }
  });
}

/** Starts what was built, uses it, stops it by a signal, and looks at what it left. */
async function use(folder, { build, pages = ['/'], takesPort = false }, script) {
  const port = await freePort();
  const start = () => startServer(folder, takesPort ? `${script} --port ${port}` : script, port);
  let server = await start();
  let output = '';
  const stop = async (signal) => {
    await server.stop(signal);
    output += server.output;
  };
  try {
    // A development server compiles a route when it is asked for, and may load open pages again for that.
    if (build.length === 0) await fetch(`${server.address}/jobs`);
    for (const page of pages) await drive(browser, server.address + page);
    // A job is under way again when the signal comes: its draft goes with it.
    const page = await withJob(browser, server.address + pages[0]);
    await page.context().close();
    await stop('SIGTERM');
    if (pageErrors.length > 0) throw new Error('A script of the page failed.');
    if (build.length === 0) return;
    const left = readdirSync(path.join(folder, 'data', 'books'));
    if (left.some((name) => /^_(tmp|del)-/.test(name))) {
      throw new Error(`SIGTERM left a draft: ${left.join(', ')}`);
    }
    if (isShort) return;
    for (const path of pages) {
      server = await start();
      const page = await withJob(browser, server.address + path);
      await stop('SIGKILL');
      server = await start();
      await expectLost(page);
      await page.context().close();
      await stop('SIGTERM');
    }
  } catch (error) {
    await stop('SIGKILL');
    const ofPages = pageErrors.splice(0).join('\n');
    throw new Error(`${error?.stack ?? error}\n${ofPages}\n--- the server's output ---\n${output}`);
  }
}

async function told(title, work) {
  const begun = performance.now();
  try {
    await work();
    console.log(`ok      ${title} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${title}\n${error?.stack ?? error}`);
    return false;
  }
}
