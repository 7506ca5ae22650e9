import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { has } from './tools.ts';

const insideVariable = 'OFFSTAGE_POWER_NAMESPACE';

/** A folder for the rig's disks, where this process is in the namespace. */
export const scratchInside = process.env[insideVariable];

/** What the rig needs and is not there. */
export function whatIsLacking(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root, to mount image files';
  for (const tool of ['unshare', 'mount', 'umount', 'losetup']) {
    if (!has(tool)) return `it needs the command ${tool} (package util-linux or mount)`;
  }
  if (!existsSync('/dev/loop-control')) return 'it needs loop devices (/dev/loop-control)';
  return has('perl') || has('python3') ? undefined : 'it needs perl or python3 for the ioctl';
}

/** Runs this script again in a mount namespace of its own, which takes its mounts and loop devices along. */
export function runInNamespace(scratchFolder?: string): number {
  const scratch = mkdtempSync(join(scratchFolder ?? roomyFolder(), 'offstage-power-'));
  // The signals of a terminal reach both processes; this one stays to clean up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  try {
    const { status, error } = spawnSync(
      'unshare',
      [
        '--mount',
        '--propagation=private',
        process.execPath,
        ...process.execArgv,
        ...process.argv.slice(1),
      ],
      { stdio: 'inherit', env: { ...process.env, [insideVariable]: scratch } },
    );
    if (error !== undefined) console.log(`skipped: ${error.message}`);
    return status ?? 1;
  } finally {
    // Nothing is mounted here: that was in the other namespace, which is gone.
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** In memory if there is room: what a cut loses is decided above, and all else comes sooner. */
function roomyFolder(): string {
  try {
    const available = execFileSync('df', ['--output=avail', '-B1M', '/dev/shm'], {
      encoding: 'utf8',
    });
    if (Number(available.trim().split('\n').at(-1)) > 4096) return '/dev/shm';
  } catch {
    // No such place.
  }
  return tmpdir();
}
