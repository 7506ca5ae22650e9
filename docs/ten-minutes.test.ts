import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumArguments, findChromium } from '../scripts/chromium.mjs';
import { runtimeOptions } from '../scripts/setup.mjs';
import { root, scratchProject } from './scratch-project.ts';

const guide = readFileSync(path.join(root, 'docs', 'start', 'ten-minutes.md'), 'utf8');

// The first line of a block is its name, and the rest the file.
const files = Object.fromEntries(
  [...guide.matchAll(/^```\w+\n(?:\/\/|<!--) (\S+\.\w+)(?: -->)?\n([\s\S]*?)^```$/gm)].map(
    ([, name = '', text = '']) => [name, text],
  ),
);
const typed = Object.fromEntries(Object.entries(files).filter(([name]) => name.endsWith('.ts')));
const project = scratchProject(files);
const checked = scratchProject(typed);

test('J2 the files of the first ten minutes compile, with no cast', () => {
  expect(Object.keys(files)).toEqual([
    'jobs.ts',
    'snapshots.ts',
    'build.worker.ts',
    'server.ts',
    'index.html',
    'page.js',
  ]);
  expect(checked.compile()).toBe('');
});

const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** The commands of the page, on a free port, with the packages' sources. */
async function startServer(): Promise<string> {
  const [, command = ''] = /^npx esbuild (.*)$/m.exec(guide) ?? [];
  const esbuild = path.join(root, 'node_modules', 'esbuild', 'bin', 'esbuild');
  mkdirSync(path.join(project.folder, 'public'), { recursive: true });
  const built = spawnSync(esbuild, [...command.split(' '), '--conditions=@offstage/source'], {
    cwd: project.folder,
    encoding: 'utf8',
  });
  expect(built.stderr).not.toContain('ERROR');
  const server = spawn(process.execPath, [...runtimeOptions, 'server.ts'], {
    cwd: project.folder,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(async () => {
    server.kill();
    await once(server, 'exit');
  });
  server.stdout.setEncoding('utf8');
  let output = '';
  for await (const text of server.stdout) {
    output += text;
    const [, port] = /port: (\d+)/.exec(output) ?? [];
    if (port !== undefined) return `http://127.0.0.1:${port}/`;
  }
  throw new Error(`The server did not start: ${output}`);
}

let address = '';
beforeAll(async () => {
  address = await startServer();
}, 60_000);

async function openBrowser() {
  const executablePath = findChromium();
  const browser = await chromium.launch({
    args: chromiumArguments,
    ...(executablePath !== undefined && { executablePath }),
  });
  ends.push(() => browser.close());
  return browser;
}

test('U1 J5 S1 the page of the first ten minutes starts, shows, cancels and publishes', async () => {
  const browser = await openBrowser();
  const page = await (await browser.newContext()).newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);

  await page.getByLabel('Pages').fill('500');
  await page.getByRole('button', { name: 'Build' }).click();
  const status = page.getByRole('status');
  await status.filter({ hasText: /^Page \d+ of 500$/ }).waitFor();

  // Another browser is another owner: it is refused, and sees nothing.
  const other = await (await browser.newContext()).newPage();
  await other.goto(address);
  await other.getByRole('button', { name: 'Build' }).click();
  await other.getByRole('status').filter({ hasText: /\S/ }).waitFor();
  expect(await other.getByRole('status').textContent()).not.toContain('Page');
  await other.goto(page.url());
  await other.getByRole('status').filter({ hasText: 'This job is gone.' }).waitFor();

  await page.reload();
  await status.filter({ hasText: /^Page \d+ of 500$/ }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await status.filter({ hasText: 'Canceled, nothing was published.' }).waitFor();
  expect((await fetch(new URL('/report/1.html', address))).status).toBe(404);

  await page.getByLabel('Pages').fill('3');
  await page.getByRole('button', { name: 'Build' }).click();
  await page.getByRole('link', { name: 'Read it' }).click();
  await page.getByRole('heading', { name: 'Page 1' }).waitFor();
  expect((await fetch(new URL('/report/..%2fserver.ts', address))).status).toBe(404);
  expect(errors).toEqual([]);
});
