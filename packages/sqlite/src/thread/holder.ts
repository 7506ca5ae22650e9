import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Holder } from '../shared/journal-error.ts';

/*
 * The lock is SQLite's; this file beside the journal only tells who has it, as nobody else can look into a
 * file that is locked. It may be missing or out of date, and decides nothing.
 */
export const holderOf = (path: string): string => `${path}-holder`;

export function writeHolder(path: string): void {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
  };
  try {
    writeFileSync(holderOf(path), `${JSON.stringify(holder)}\n`);
  } catch {
    // Without it, a second manager hears less.
  }
}

export function removeHolder(path: string): void {
  try {
    rmSync(holderOf(path), { force: true });
  } catch {
    // As above.
  }
}

export function readHolder(path: string): Holder | undefined {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(holderOf(path), 'utf8'));
    return typeof pid === 'number' && typeof host === 'string' && typeof since === 'string'
      ? { pid, host, since }
      : undefined;
  } catch {
    return undefined;
  }
}
