import type { OffstageErrorCode } from '@offstage/core';

/** Whatever the body says: observers stop at these (U3). */
export function refusalOf({ status, type, redirected }: Response): OffstageErrorCode | undefined {
  if (status === 403) return 'forbidden';
  // To a page where people sign in, as a rule; fetch hides where to, and a poll has nothing there.
  const isMoved = type === 'opaqueredirect' || redirected || (status >= 300 && status < 400);
  return isMoved || status === 401 ? 'unauthorized' : undefined;
}
