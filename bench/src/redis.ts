import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** A Redis of its own on a free loopback port, keeping nothing; `undefined` where there is none. */
export async function startRedis(): Promise<{ port: number; stop(): Promise<void> } | undefined> {
  const program = '/usr/bin/redis-server';
  if (!existsSync(program)) return undefined;
  const directory = await mkdtemp(path.join(os.tmpdir(), 'offstage-redis-'));
  const port = await freePort();
  const server = spawn(
    program,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await new Promise<void>((resolve, reject) => {
    server.on('exit', () => reject(new Error('redis-server ended before it was ready')));
    server.stdout.on('data', (chunk) => /Ready to accept/.test(String(chunk)) && resolve());
  });
  return {
    port,
    async stop() {
      server.removeAllListeners('exit');
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
