import { createHash } from 'node:crypto';
import { OffstageError } from '@offstage/core';

/** The names of the keys of ours in a queue; BullMQ's own stand beside them. */
export const baseOf = (prefix: string, queueName: string): string =>
  `${prefix}:${queueName}:offstage:`;

/**
 * A text of an application (an owner, a key) as a part of a key: the same for the same text alone,
 * whatever is in it, also halves of characters, which UTF-8 cannot tell apart. Long ones are hashed.
 */
export function partOf(text: string): string {
  const plain = JSON.stringify(text).slice(1, -1);
  return plain.length <= 200 ? `=${plain}` : `#${hashOf(plain)}`;
}

export const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest('base64url');

/** What an id of a job looks like; another text is nobody's, and Redis is not asked for it. */
export const isJobId = (id: unknown): id is string =>
  typeof id === 'string' && /^[A-Za-z0-9_-]{8,100}$/.test(id);

/** @throws OffstageError `invalid_option`. */
export function readQueueName(queueName: unknown): string {
  if (typeof queueName === 'string' && /^[A-Za-z0-9._-]{1,100}$/.test(queueName)) return queueName;
  throw new OffstageError(
    'invalid_option',
    'queueName must be 1 to 100 letters, digits, ".", "_" or "-".',
    { details: { option: 'queueName' } },
  );
}

/** @throws OffstageError `invalid_option`. */
export function readPrefix(prefix: unknown = 'bull'): string {
  if (typeof prefix === 'string' && /^[A-Za-z0-9._{}-]{1,100}$/.test(prefix)) return prefix;
  throw new OffstageError(
    'invalid_option',
    'prefix must be 1 to 100 letters, digits, ".", "_", "-", "{" or "}".',
    { details: { option: 'prefix' } },
  );
}
