import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf, type Holder } from '../shared/journal-error.ts';

/*
 * The lock is SQLite's; this file beside the journal tells who has it, as nobody else can look into a file that is
 * locked, and what its log goes on from (see `log-note.ts`). It may be missing or out of date.
 */
export const holderOf = (target: string): string => `${target}-holder`;

/** What the log beside a journal goes on from. */
export interface LogStart {
  /** A mark that a commit in the log has followed. */
  readonly after: string;
  /** Whether what is in the log outlasts a loss of power; that there is one does in any case. */
  readonly synced: boolean;
}

export const newHolder = (): Holder => ({
  pid: process.pid,
  host: hostname(),
  since: new Date().toISOString(),
});

/** @param how `r+` writes over one that is no longer, so that nobody sees it in part. */
export function writeHolder(target: string, holder: Holder, log?: LogStart, how = 'w'): void {
  try {
    writeFileSync(holderOf(target), `${JSON.stringify({ ...holder, log })}\n`, { flag: how });
  } catch {
    // Without it, a second manager hears less, and a log that is taken away is not missed.
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
    const { pid, host, since } = contentOf(target);
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    if (typeof host !== 'string' || typeof since !== 'string') return undefined;
    return host === hostname() && !isAlive(pid) ? undefined : { pid, host, since };
  } catch {
    return undefined;
  }
}

/** What whoever had the journal last has noted of its log, if it has ended without closing it. */
export function readLogStart(target: string): LogStart | undefined {
  try {
    const { after, synced }: Record<string, unknown> = Object(contentOf(target).log);
    if (typeof after !== 'string' || typeof synced !== 'boolean') return undefined;
    return { after, synced };
  } catch {
    return undefined;
  }
}

const contentOf = (target: string): Record<string, unknown> =>
  Object(JSON.parse(readFileSync(holderOf(target), 'utf8')));

/** Of this machine. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}
