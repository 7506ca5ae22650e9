import { OffstageError } from '@offstage/core';
import { managerClosed } from '@offstage/core/engine';
import { ReplyError } from 'ioredis';

export type Unsuitable =
  | 'password'
  | 'version'
  | 'cluster'
  | 'database'
  | 'read_only'
  | 'memory'
  | 'disk'
  | 'eviction'
  | 'format';

/** Redis is there, and jobs are not safe in it. */
export function unsuitable(reason: Unsuitable, message: string, cause?: unknown): OffstageError {
  return new OffstageError('redis_unsuitable', message, {
    details: { reason },
    ...(cause === undefined ? {} : { cause }),
  });
}

const refusals: readonly (readonly [RegExp, Unsuitable, string])[] = [
  [
    /NOAUTH|WRONGPASS/,
    'password',
    'Redis does not let this connection in: check its user and password.',
  ],
  [
    /NOPERM|ACL failure in script|user executing the script can't/,
    'password',
    'The user of this connection may not do what jobs need: all commands, on the keys and the channels of the queue.',
  ],
  [
    /READONLY|UNBLOCKED.*instance state changed/,
    'read_only',
    'This Redis is read-only, which takes no jobs: connect to its primary.',
  ],
  [/\bOOM\b/, 'memory', 'The memory of Redis is full: it takes no jobs until some have ended.'],
  [/MISCONF/, 'disk', 'Redis cannot write to its disk, so it takes no jobs.'],
];

/** An error of the connection or of Redis as one of ours. */
export function redisError(error: unknown): OffstageError {
  if (OffstageError.isInstance(error)) return error;
  const text = String(error);
  for (const [pattern, reason, message] of refusals) {
    if (pattern.test(text)) return unsuitable(reason, message, error);
  }
  return new OffstageError('unavailable', 'Redis does not answer; see the cause.', {
    cause: error,
  });
}

/** Of a call that this process' own close has ended, or that came after it. */
export const closedError = (error: unknown): OffstageError => {
  const coded = redisError(error);
  return coded.code === 'unavailable' ? managerClosed() : coded;
};

/** It was reached, and found what it could not do, or what this process cannot read. */
export const wasAnswered = (error: unknown): boolean =>
  !OffstageError.isInstance(error) ||
  !['unavailable', 'redis_unsuitable', 'manager_closed'].includes(error.code) ||
  (error.cause instanceof ReplyError && error.code === 'unavailable');

const awayCodes: readonly unknown[] = [
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'EHOSTDOWN',
  ],
  ...['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
];

// What ioredis says by its text alone.
const awayTexts =
  /^(?:Connection is closed\.|Command timed out|Socket timeout\.|All sentinels are unreachable|Stream isn't writeable)/;

/** There is no connection, or there is none any more. Of a name with several addresses all are told as one. */
export const isAway = (error: unknown): boolean =>
  awayCodes.includes(Object(error).code) ||
  (error instanceof Error && awayTexts.test(error.message)) ||
  (error instanceof AggregateError && error.errors.length > 0 && error.errors.every(isAway));
