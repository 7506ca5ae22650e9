import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf, type Holder } from '../shared/journal-error.ts';

/*
 * The lock is SQLite's; this file beside the journal only tells who has it, as nobody else can look into a
 * file that is locked. It may be missing or out of date, and decides nothing.
 */
export const holderOf = (target: string): string => `${target}-holder`;

export function writeHolder(target: string): void {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
  };
  try {
    writeFileSync(holderOf(target), `${JSON.stringify(holder)}\n`);
  } catch {
    // Without it, a second manager hears less.
  }
}

export function removeHolder(target: string): void {
  try {
    rmSync(holderOf(target), { force: true });
  } catch {
    // As above.
  }
}

/** Whoever says that it has the journal, unless it has ended without taking that back. */
export function readHolder(target: string): Holder | undefined {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(holderOf(target), 'utf8'));
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    if (typeof host !== 'string' || typeof since !== 'string') return undefined;
    return host === hostname() && !isAlive(pid) ? undefined : { pid, host, since };
  } catch {
    return undefined;
  }
}

/** Of this machine. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}
