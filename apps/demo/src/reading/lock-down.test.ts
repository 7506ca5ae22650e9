import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { scratch } from '../testing/scratch.ts';
import { confined, isNetworkApart } from './child-command.ts';
import { ParseProcess } from './parse-process.ts';

const parser = new URL('../testing/hostile-parser.ts', import.meta.url);

/** What becomes of code that runs where a document's parser does. */
async function inChild(lines: readonly string[]): Promise<unknown[]> {
  await using child = new ParseProcess({ parser });
  const outcomes = await Promise.all(lines.map((line) => child.parse(Buffer.from(line), '.pdf')));
  return outcomes.map((outcome, at) => [
    lines[at],
    'file' in outcome ? outcome.file.title : outcome.failure.code,
  ]);
}

const refused = (lines: readonly string[]): unknown[] =>
  lines.map((line) => [line, 'ERR_ACCESS_DENIED']);

/** A server of this test's own at a port and at a socket, and how often somebody came. */
async function listener(address: string | number): Promise<{ at: string; visits: () => number }> {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => {
    if (typeof address === 'number') server.listen(address, '127.0.0.1', resolve);
    else server.listen(address, resolve);
  });
  const bound = server.address();
  const at = typeof bound === 'object' ? String(bound?.port) : JSON.stringify(bound);
  return { at, visits: () => visits };
}

test('D6 a parser opens no connection, by whichever way it asks', async () => {
  const port = await listener(0);
  const socket = await listener(path.join(scratch(), 'listening'));
  const at = `${port.at}, '127.0.0.1'`;
  const url = `http://127.0.0.1:${port.at}/`;
  const require = `process.getBuiltinModule('module').createRequire('file:///x/y.js')`;
  const lines = [
    `return (await import('node:net')).connect(${at})`,
    `return (await import('net')).default.createConnection(${socket.at})`,
    `return new (await import('node:net')).Socket().connect(${at})`,
    `return (await import('node:net')).createServer().listen(0)`,
    `return ${require}('net').connect(${at})`,
    `return process.getBuiltinModule('node:net').connect(${at})`,
    `return new process.stderr.constructor().connect(${at})`,
    `return new process.stderr.constructor().connect(${socket.at})`,
    `return new process.stderr._handle.constructor(0).connect({}, ${socket.at})`,
    `return (await import('node:tls')).connect(${at})`,
    `return (await import('node:http')).get('${url}')`,
    `return (await import('node:https')).get('${url}')`,
    `return (await import('node:http2')).connect('${url}')`,
    `return (await import('node:dgram')).createSocket('udp4').send('x', ${at})`,
    `return (await import('node:dns')).lookup('localhost', () => {})`,
    `return await (await import('node:dns/promises')).resolve('localhost')`,
    `return await fetch('${url}')`,
    `return new WebSocket('ws://127.0.0.1:${port.at}/')`,
  ];
  expect(await inChild(lines)).toEqual(refused(lines));
  expect([port.visits(), socket.visits()]).toEqual([0, 0]);
});

test('D6 a parser writes nothing, by whichever way it asks', async () => {
  const folder = scratch();
  const file = JSON.stringify(path.join(folder, 'written'));
  const code = JSON.stringify(new URL('./chunk.ts', import.meta.url).href);
  const require = `process.getBuiltinModule('module').createRequire('file:///x/y.js')`;
  const lines = [
    `return new (await import('node:sqlite')).DatabaseSync(${file})`,
    `return new (${require}('node:sqlite').DatabaseSync)(${file})`,
    `return process.getBuiltinModule('node:sqlite')`,
    `const { keys } = Object; let found;
     Object.keys = (of) => { if (of?.DatabaseSync) found = of.DatabaseSync; return keys(of); };
     const { DatabaseSync } = await import('node:sqlite');
     return new (found ?? DatabaseSync)(${file})`,
    `return (await import('node:fs')).writeFileSync(${file}, 'x')`,
    `return await (await import('node:fs/promises')).writeFile(${file}, 'x')`,
    `const fs = await import('node:fs');
     return new Promise((_, no) => fs.createWriteStream(${file}).on('error', no))`,
    `return (await import('node:fs')).mkdirSync(${file})`,
    `const fs = await import('node:fs'); const at = fs.openSync(new URL(${code}), 'r');
     return fs.futimesSync(at, 1, 1)`,
    `const { open } = await import('node:fs/promises');
     return await (await open(new URL(${code}))).chmod(0o600)`,
    `return (await import('node:v8')).writeHeapSnapshot(${file})`,
    `return (await import('node:trace_events')).createTracing({ categories: ['v8'] })`,
    `return (await import('node:module')).enableCompileCache(${file})`,
    `return new (await import('node:wasi')).WASI({ version: 'preview1', preopens: { '/': '/' } })`,
    `return (await import('node:child_process')).execFileSync('/usr/bin/touch', [${file}])`,
    `return process.execve('/usr/bin/touch', ['touch', ${file}], {})`,
    `return process.binding('fs')`,
  ];
  expect(await inChild(lines)).toEqual(refused(lines));
  expect(readdirSync(folder)).toEqual([]);
});

test('D6 a parser takes no way round: threads, addons, inspectors, signals, other hooks', async () => {
  const lines = [
    `return new (await import('node:worker_threads')).Worker('1', { eval: true })`,
    `return (await import('node:cluster')).default.fork()`,
    `return (await import('node:inspector')).open(0)`,
    `return (await import('node:vm')).runInThisContext('1')`,
    `return (await import('node:repl')).start()`,
    `return process.dlopen({ exports: {} }, '/none.node')`,
    `return process._linkedBinding('tcp_wrap')`,
    `return process.kill(process.ppid, 'SIGTERM')`,
    `return (await import('node:process')).kill(process.ppid, 0)`,
    `return process._debugProcess(process.ppid)`,
    `return (await import('node:os')).setPriority(process.ppid, 10)`,
    `return process._getActiveHandles()`,
    `return (await import('node:module')).registerHooks({})`,
    `return (await import('node:module')).default._load('node:net').connect(1)`,
    `Set.prototype.has = () => true; String.prototype.startsWith = () => false;
     return (await import('node:net')).connect(1)`,
    `process.getBuiltinModule = 1; return 1`,
  ];
  const outcomes = await inChild(lines);
  expect(outcomes.slice(0, -1)).toEqual(refused(lines.slice(0, -1)));
  expect(outcomes.at(-1)).toEqual([lines.at(-1), expect.stringMatching(/read only/)]);
});

test('D6 what parsers do need is there', async () => {
  const lines = [
    `return (await import('node:path')).extname('a.md')`,
    `return process.getBuiltinModule('node:buffer').Buffer.from('x').length`,
  ];
  expect(await inChild(lines)).toEqual([
    [lines[0], 'done: .md'],
    [lines[1], 'done: 1'],
  ]);
});

test.runIf(process.platform !== 'win32')(
  'D6 beneath Node, the system lets the child write no file, and connect nowhere where it can',
  async () => {
    const port = await listener(0);
    const folder = scratch();
    const run = (script: string) => {
      const { command, args } = confined('/bin/sh', ['-c', script]);
      return spawnSync(command, args, { encoding: 'utf8' });
    };
    const file = path.join(folder, 'written');
    run(`trap '' XFSZ; echo text > ${file}`);
    expect(spawnSync('wc', ['-c', file], { encoding: 'utf8' }).stdout).toMatch(/^\s*0 /);
    if (!isNetworkApart()) return;
    const connect = `fetch('http://127.0.0.1:${port.at}/').then(() => 'there', () => 'away').then(console.log)`;
    const { command, args } = confined(process.execPath, ['-e', connect]);
    expect(spawnSync(command, args, { encoding: 'utf8' }).stdout.trim()).toBe('away');
    expect(port.visits()).toBe(0);
  },
);
