import { OffstageError } from '@offstage/core';

/** What Redis answers: texts and values as buffers. */
export type Reply = Buffer | string | number | null | readonly Reply[];

export const textOfReply = (reply: Reply | undefined): string =>
  reply === null || reply === undefined ? '' : String(reply);

/** @throws OffstageError `unavailable` where Redis answered with something else. */
export function listOfReply(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply;
  throw new OffstageError('unavailable', 'Redis answered with what is no list.');
}
