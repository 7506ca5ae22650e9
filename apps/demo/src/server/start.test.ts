import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type RunningCli, startScript } from '../testing/cli.ts';
import { visit } from '../testing/documents-server.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';

/** `npm start`, without npm. It is asked to end: killed, it would leave its server behind. */
function npmStart(env: Readonly<Record<string, string>>): RunningCli {
  const script = new URL('../../../../scripts/start.mjs', import.meta.url);
  const running = startScript(script, [], env);
  onTestFinished(async () => {
    running.process.kill('SIGTERM');
    await running.ended;
  });
  return running;
}

async function busyPort(): Promise<number> {
  const server = createServer((_request, answer) => answer.end('somebody else'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('D1 npm start serves the pages on a free port where the usual one is taken, twice', async () => {
  const port = await busyPort();
  const data = scratch();
  const first = npmStart({ PORT: String(port), OFFSTAGE_DATA: data });
  const line = await first.line((text) => text.startsWith('Documents is at '));
  const url = line.slice('Documents is at '.length);
  expect(url).toMatch(/^http:\/\/localhost:\d+\/$/);
  expect(new URL(url).port).not.toBe(String(port));
  await first.line((text) => text === `Port ${port} is taken.`);
  for (const pages of ['react', 'svelte']) {
    const page = await visit(url).fetch(`${url}${pages}/`);
    expect([pages, page.status]).toEqual([pages, 200]);
    const script = /src="(\/[^"]+\.js)"/.exec(await page.text())?.[1] ?? '';
    expect((await visit(url).fetch(new URL(script, url).href)).status).toBe(200);
  }
  // The same data once more: it says where it is, and does not disturb the first one.
  const again = await npmStart({ PORT: String(port), OFFSTAGE_DATA: data }).ended;
  expect(again).toMatchObject({ code: 0, stdout: `Documents is running already at ${url}` });
  const other = npmStart({ PORT: String(port), OFFSTAGE_DATA: scratch() });
  const otherLine = await other.line((text) => text.startsWith('Documents is at '));
  expect(otherLine).not.toBe(line);

  other.process.kill('SIGTERM');
  expect((await other.ended).code).toBe(143);
  first.process.kill('SIGINT');
  expect((await first.ended).code).toBe(130);
});

test('D1 D9 npm start says what it takes, and that there is no such folder to watch', async () => {
  const start = (...args: string[]) =>
    startScript(new URL('./start.ts', import.meta.url), args, { OFFSTAGE_DATA: scratch() }).ended;
  const help = await start('--help');
  expect(help.code).toBe(0);
  expect(help.stdout).toContain('--watch FOLDER');
  expect(help.stdout).toContain('--redis URL');
  const missing = await start('--watch', path.join(scratch(), 'missing'));
  expect(missing).toMatchObject({ code: 1, stdout: '' });
  expect(missing.stderr).toMatch(/^There is no folder .*missing to watch\.\n$/);
  expect((await start('--watch')).code).toBe(1);
});

test('D1 what cannot be listened at or written to is told in plain words', async () => {
  const folder = scratch();
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  const torn = writeFiles(scratch(), { 'jobs.sqlite': 'torn '.repeat(5000) });
  const bad: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ PORT: '0x10' }, /^PORT must be a number from 0 to 65535\.$/],
    [{ OFFSTAGE_PARSERS: 'two' }, /^OFFSTAGE_PARSERS must be a number from 1 to 64\.$/],
    [
      { HOST: '192.0.2.1' },
      /^No server can listen at HOST 192\.0\.2\.1: this computer has no such address\.$/,
    ],
    [{ OFFSTAGE_DATA: file }, /^The data folder .*file cannot be used: it is a file\.$/],
    [
      { OFFSTAGE_DATA: path.join(file, 'x') },
      /^The data folder .* a part of its path is a file\.$/,
    ],
    [{ OFFSTAGE_DATA: path.join(folder, 'x'.repeat(300)) }, /its path is too long\.$/],
    [{ OFFSTAGE_DATA: torn }, /^The data folder .* cannot be used: its jobs\.sqlite is damaged\./],
  ];
  const script = new URL('./start.ts', import.meta.url);
  for (const [env, line] of bad) {
    const { code, stderr, stdout } = await startScript(script, [], {
      ...{ PORT: '0', OFFSTAGE_DATA: path.join(folder, 'data') },
      ...env,
    }).ended;
    expect([env, code, stdout]).toEqual([env, 1, '']);
    expect(stderr.trimEnd()).toMatch(line);
  }
});

test('D1 a port that is none is refused by name', async () => {
  const { code, stderr } = await npmStart({ PORT: 'http', OFFSTAGE_DATA: scratch() }).ended;
  expect([code, stderr]).toEqual([1, 'PORT must be a number from 0 to 65535.\n']);
});
