// Core in a real browser: bundled as an application would, served on loopback, run in Chromium.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import path from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { chromiumArguments, ensureChromium } from './chromium.mjs';
import { root } from './setup.mjs';

const { outputFiles } = await build({
  entryPoints: [path.join(root, 'scripts', 'browser', 'page.ts')],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['@offstage/source'],
});

const server = createServer((request, response) => {
  const script = request.url === '/page.js';
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
  response.end(
    script ? outputFiles[0].contents : '<!doctype html><script type=module src=/page.js></script>',
  );
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: chromiumArguments,
});
try {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => 'outcome' in globalThis);
  const outcome = await page.evaluate(() => globalThis.outcome);
  assert.deepEqual(
    problems.filter((problem) => !/favicon/.test(String(problem))),
    [],
  );
  assert.equal(outcome.hasBuffer, false);
  assert.equal(outcome.status, 'succeeded');
  assert.equal(outcome.percent, 100);
  assert.equal(outcome.lines, 1000);
  console.log(`ok      a job published ${outcome.version} in Chromium ${browser.version()}`);
} finally {
  await browser.close();
  server.close();
}
