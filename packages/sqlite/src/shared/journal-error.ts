import { hostname } from 'node:os';
import { OffstageError, type OffstageErrorCode } from '@offstage/core';
import type { PlainError } from './wire.ts';

/** Why a journal cannot be used, in one word: `details.reason` of `journal_failed`. */
export type FailureReason =
  | 'no_sqlite'
  | 'bundled'
  | 'folder'
  | 'not_a_file'
  | 'foreign'
  | 'read_only'
  | 'denied'
  | 'deleted'
  | 'cannot_open'
  | 'disk'
  | 'thread';

type AdvisedReason = Exclude<FailureReason, 'deleted'>;

const advice: Readonly<Record<AdvisedReason, string>> = {
  no_sqlite: `this Node.js, ${process.version}, has no node:sqlite. Use Node.js 22.13 or later, without --no-experimental-sqlite`,
  bundled:
    'its thread is not beside the package. Leave @offstage/sqlite out of the bundle (mark it as external), and have it installed where the bundle runs',
  folder: 'it is a folder. Give the path of a file in it',
  not_a_file: 'it is no regular file. Give the path of a file',
  foreign: 'it is the database of another program. Give a path of its own to the journal',
  read_only:
    'it cannot be written. Check the permissions of the file and of its folder, or how the file system is mounted',
  denied: 'access was denied. Check the permissions of the file and of its folder',
  cannot_open: 'it cannot be opened. Check that its folder is there and can be written',
  disk: 'the disk reported an error. Check the disk, then restart the process',
  thread: 'its thread has ended. Restart the process',
};

const noFolder = 'what its path has for a folder is none. Give another path';
/** What the file system says of a path, where that alone is the matter. */
const pathAdvice: Readonly<Record<string, string>> = {
  ELOOP:
    'the links on the way to it go in a circle. Mend them, or give the path of the file itself',
  ENAMETOOLONG: 'its path is longer than can be. Give a shorter one',
  ENOTDIR: noFolder,
  EEXIST: noFolder,
};

export const journalFailed = (
  path: string,
  reason: AdvisedReason,
  cause?: unknown,
  said = advice[reason],
): OffstageError =>
  new OffstageError('journal_failed', `The journal ${path} cannot be used: ${said}.`, {
    details: { reason, path },
    ...(cause !== undefined && { cause }),
  });

/** @param file What was removed: the journal's own file, or its log. */
export const deletedWhileOpen = (path: string, file: string): OffstageError =>
  new OffstageError(
    'journal_failed',
    `The journal ${path} cannot be used: ${file} was removed or replaced while it was open. Put back what was ` +
      'moved away, shut down without a kill, and start again: what only the removed one has may be lost.',
    { details: { reason: 'deleted' satisfies FailureReason, path, file } },
  );

/** @param link Stands for what is not there. */
export const linkToNothing = (path: string, link: string, cause: unknown): OffstageError =>
  journalFailed(
    path,
    'cannot_open',
    cause,
    `${link} is a link, and what it leads to is not there. Make that, or give the path of the file itself`,
  );

/** A file beside the journal is none. */
export const unusableBeside = (
  path: string,
  file: string,
  reason: 'folder' | 'not_a_file',
  kind: string,
): OffstageError =>
  new OffstageError(
    'journal_failed',
    `The journal ${path} cannot be used: ${file} beside it is ${kind}, and would have to be a regular file. Move it away.`,
    { details: { reason, path, file } },
  );

export const journalDamaged = (path: string, cause?: unknown): OffstageError =>
  new OffstageError(
    'journal_damaged',
    `The journal ${path} is damaged, or is no journal. Put back a copy of it, or move it away ` +
      'together with the files beside it that begin with its name, and restart: its jobs are lost then.',
    { details: { path }, ...(cause !== undefined && { cause }) },
  );

/** What was kept last stands in the log, which says nothing without its file. */
export const logAlone = (path: string, log: string): OffstageError =>
  new OffstageError(
    'journal_damaged',
    `The journal ${path} is missing or empty, and the log ${log} of one is there. Put the file back ` +
      'beside its log, or move the log away, and restart: its jobs are lost then.',
    { details: { path, file: log } },
  );

/** SQLite would take it for an empty one. */
export const logTorn = (path: string, log: string, holder: string): OffstageError =>
  new OffstageError(
    'journal_damaged',
    `The log ${log} of the journal ${path} is torn, or is no log. ${bringTogether(log, holder)}`,
    { details: { path, file: log } },
  );

/** SQLite would play it into the file nonetheless. */
export const logOfAnother = (path: string, log: string, holder: string): OffstageError =>
  new OffstageError(
    'journal_damaged',
    `The log ${log} does not go on from where the journal ${path} stands: it is another file's, or ` +
      `one of the two is a copy from another time. ${bringTogether(log, holder)}`,
    { details: { path, file: log } },
  );

const bringTogether = (log: string, holder: string): string =>
  'Nothing was changed. Put back the file and the log that belong together, or move ' +
  `${log} away, with ${holder} if that is there, and restart: what is in that log alone is lost then.`;

/** SQLite would begin a new one, and what was kept last would be gone without a word. */
export const logGone = (path: string, log: string, holder: string): OffstageError =>
  new OffstageError(
    'journal_damaged',
    `The log ${log} of the journal ${path} is gone or was emptied after the process that had the journal was ` +
      'killed, and what was kept last was in it. Nothing was changed. Put the log back beside the file, or move ' +
      `${holder} away, and restart: what is in that log alone is lost then.`,
    { details: { path, file: log } },
  );

/** SQLite would play it back, and so undo what the file has. */
export const rollbackOfAnother = (path: string, file: string): OffstageError =>
  new OffstageError(
    'journal_damaged',
    `${file} is a rollback journal of SQLite, and not of the journal ${path}, which has none once it is made. ` +
      'Nothing was changed. Move it away, and restart.',
    { details: { path, file } },
  );

export const journalNewer = (path: string, cause?: unknown): OffstageError =>
  new OffstageError(
    'journal_newer',
    `The journal ${path} was written by a newer version of @offstage/sqlite or of Node.js. ` +
      'Go back to that version, or give another path.',
    { details: { path }, ...(cause !== undefined && { cause }) },
  );

/** @param room What an open takes to write the log back, and what there is; without, SQLite does not say. */
export function journalFull(
  path: string,
  room?: { readonly bytes: number; readonly free: number },
  cause?: unknown,
): OffstageError {
  const count = (bytes: number): string => `${bytes.toLocaleString('en')} bytes`;
  const advice =
    room === undefined
      ? 'is full: free some space'
      : `has ${count(room.free)} free, and ${count(room.bytes)} are needed to go on: free some space. Nothing was changed`;
  return new OffstageError(
    'journal_full',
    `The disk of the journal ${path} ${advice}. No job is started until then.`,
    { details: { path, ...room }, ...(cause !== undefined && { cause }) },
  );
}

/** What SQLite's primary result codes mean for who runs the application. */
const failures: Readonly<Record<number, AdvisedReason>> = {
  3: 'denied',
  8: 'read_only',
  10: 'disk',
  14: 'cannot_open',
  23: 'denied',
};
const busy: readonly number[] = [5, 6];
// 1 is what SQLite says of a table or a column that is not there.
const corrupt: readonly number[] = [1, 11, 26];
const full = 13;

/** The coded error for what SQLite or the file system refused. */
export function journalError(error: unknown, path: string): OffstageError {
  if (OffstageError.isInstance(error)) return error;
  const code = primaryCode(error);
  if (busy.includes(code)) return locked(path, undefined);
  if (corrupt.includes(code)) return journalDamaged(path, error);
  if (isFull(error)) return journalFull(path, undefined, error);
  if (['EACCES', 'EPERM'].includes(errnoOf(error))) return journalFailed(path, 'denied', error);
  if (errnoOf(error) === 'EROFS') return journalFailed(path, 'read_only', error);
  if (errnoOf(error) !== '') {
    return journalFailed(path, 'cannot_open', error, pathAdvice[errnoOf(error)]);
  }
  return journalFailed(path, failures[code] ?? 'disk', error);
}

export const isBusy = (error: unknown): boolean => busy.includes(primaryCode(error));

export const isFull = (error: unknown): boolean =>
  primaryCode(error) === full || ['ENOSPC', 'EDQUOT'].includes(errnoOf(error));

/** Who has the journal open. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When it was opened, as an ISO date. */
  readonly since: string;
}

/** It was closed while it waited for whoever has it. */
export const givenUp = (path: string): OffstageError =>
  new OffstageError('journal_failed', `The journal ${path} was closed before it was open.`, {
    details: { reason: 'closed', path },
  });

/** @param holder Who it is, where that is known. */
export function locked(path: string, holder: Holder | undefined): OffstageError {
  const isOwn = holder?.pid === process.pid && holder.host === hostname();
  const since = holder === undefined ? '' : `, since ${holder.since},`;
  const who =
    holder === undefined
      ? 'A process that has not said which it is'
      : isOwn
        ? `This process${since}`
        : `Process ${holder.pid} on ${holder.host}${since}`;
  // One that is shutting down goes by itself.
  const cure = isOwn
    ? 'Use the manager that is there, or shut it down first; where the next one is made meanwhile, as with hot reload, give it lockTimeoutMs, to wait for that.'
    : 'End that process, or give lockTimeoutMs, to wait for one that is shutting down, or give another path.';
  return new OffstageError(
    'locked',
    `${who} has the journal ${path} open: one manager works with a journal. ${cure}`,
    { details: { path, ...holder } },
  );
}

export function toPlain(error: OffstageError): PlainError {
  const { code, message, details, cause } = error;
  return { code, message, details, ...(cause !== undefined && { cause: String(cause) }) };
}

export function fromPlain({ code, message, details, cause }: PlainError): OffstageError {
  return new OffstageError(code as OffstageErrorCode, message, {
    details,
    ...(cause !== undefined && { cause: new Error(cause) }),
  });
}

function primaryCode(error: unknown): number {
  const code: unknown = Reflect.get(Object(error), 'errcode');
  return typeof code === 'number' ? code & 0xff : -1;
}

/** The name of an error of the operating system, else ''. */
export function errnoOf(error: unknown): string {
  const code: unknown = Reflect.get(Object(error), 'code');
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : '';
}
