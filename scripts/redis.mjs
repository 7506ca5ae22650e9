// Finds a Redis server, and installs Debian's where that is possible without asking anyone.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The path of a `redis-server`: REDIS_SERVER_PATH, or the first on the PATH. */
export function findRedis() {
  const names = process.platform === 'win32' ? ['redis-server.exe'] : ['redis-server'];
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin'];
  return [
    process.env.REDIS_SERVER_PATH,
    ...folders.flatMap((folder) => names.map((name) => path.join(folder, name))),
  ].find((place) => place !== undefined && existsSync(place));
}

/** As `findRedis`, after installing it by apt where this runs as root on Debian. */
export function ensureRedis() {
  const found = findRedis();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write('Installing redis-server by apt…\n');
    // Its files alone: tests start servers of their own, and the machine gets no service.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 2], env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], {
      stdio: ['ignore', 'ignore', 2],
      env,
    });
  }
  const installed = findRedis();
  if (installed !== undefined) return installed;
  throw new Error(
    'The checks of @offstage/bullmq need redis-server 6.2 or newer. Install it (Debian: apt-get install redis-server; macOS: brew install redis) or set REDIS_SERVER_PATH.',
  );
}
