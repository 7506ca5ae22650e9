import {
  JobCanceledError,
  NonRetriableError,
  OffstageError,
  type OffstageErrorCode,
  PublicError,
} from '@offstage/core';

/**
 * What of a job's error may be shown to who started it: the ways in which the data folder refuses,
 * in words that name no path. Everything else stays as it is, and shows a reference alone (J11).
 */
export function asPublicError(error: unknown): unknown {
  if (PublicError.isInstance(error) || JobCanceledError.isInstance(error)) return error;
  const lacking = lackOf(error);
  if (lacking !== undefined) {
    const message = `This computer has ${lacks[lacking]} (${lacking}). Nothing was published; start again when other programs have ended.`;
    return new PublicError(lacking, message, { cause: error });
  }
  const code = OffstageError.isInstance(error)
    ? error.code
    : (sqliteCode(error) ?? diskCode(error));
  const message = code === undefined ? undefined : messages[code];
  if (code !== undefined && message !== undefined) {
    return new PublicError(code, message, { cause: error });
  }
  return error;
}

/**
 * The same, for a job that is attempted again where its process ended, and not where it failed: whoever
 * started it decides about that.
 */
export function asFinal(error: unknown): unknown {
  if (JobCanceledError.isInstance(error)) return error;
  return new NonRetriableError('The change failed.', { cause: error });
}

/** What a system lacks when it refuses to open a file or to start a process. */
export const lacks = {
  EMFILE: 'no room for another open file',
  ENFILE: 'no room for another open file',
  EAGAIN: 'no room for another process',
  ENOMEM: 'not enough memory left',
} as const;

export const isLack = (code: unknown): code is keyof typeof lacks =>
  typeof code === 'string' && Object.hasOwn(lacks, code);

/** The code of such a refusal, also where the error that tells of it is another's cause. */
export function lackOf(error: unknown): keyof typeof lacks | undefined {
  // Others are told of in words of their own: a lock that is held has `EAGAIN` as its cause.
  const isOfSystem =
    !OffstageError.isInstance(error) || /^(?:storage|executor)_failed$/.test(error.code);
  if (!isOfSystem) return undefined;
  let inner = error;
  for (let depth = 0; depth < 5 && inner instanceof Error; depth += 1, inner = inner.cause) {
    const code: unknown = Reflect.get(inner, 'code');
    if (isLack(code)) return code;
    // A thread that could not begin has the reason in its text alone.
    const told = code === 'ERR_WORKER_INIT_FAILED' && /\bE[A-Z]+\b/.exec(inner.message)?.[0];
    if (isLack(told)) return told;
  }
  return undefined;
}

const messages: Partial<Readonly<Record<OffstageErrorCode, string>>> = {
  locked:
    'Another ingest is writing to this data folder. Nothing was published; start again when it has ended.',
  lock_unsupported:
    'The data folder cannot be locked: choose one on a local disk, and see the log of the server for the cause.',
  storage_full:
    'The disk with the data folder is full. Nothing was published; free some space and start again.',
  storage_denied: 'The data folder cannot be written to. Nothing was published.',
  storage_failed: 'The disk with the data folder failed. Nothing was published.',
  corrupt:
    'The data folder is damaged, and nothing in it was touched. See "offstage-snapshots <folder> repair", or choose another one.',
  unsupported_format:
    'The data folder was written by another version of this program. Choose another one.',
  commit_indeterminate:
    'The disk failed at the last moment, so it is not known whether the new version is published. Start again to find out.',
};

const sqliteFull = 13;
const sqliteInputOutput = 10;

function sqliteCode(error: unknown): OffstageErrorCode | undefined {
  if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'ERR_SQLITE_ERROR') {
    return undefined;
  }
  // The low byte is the kind; the rest tells more about it.
  const kind = Number(Reflect.get(error, 'errcode')) & 0xff;
  if (kind === sqliteFull) return 'storage_full';
  return kind === sqliteInputOutput ? 'storage_failed' : undefined;
}

/** Where the system itself refused to write a file. */
function diskCode(error: unknown): OffstageErrorCode | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'storage_full';
  return code === 'EIO' ? 'storage_failed' : undefined;
}
