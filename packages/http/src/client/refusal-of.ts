import type { OffstageErrorCode } from '@offstage/core';

// Of the others, 304 and 300 lead nowhere.
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/** Whatever the body says: observers stop at these (U3). */
export function refusalOf({ status, type, redirected }: Response): OffstageErrorCode | undefined {
  if (status === 403) return 'forbidden';
  // To a page where people sign in, as a rule; fetch hides where to, and a poll has nothing there.
  const isMoved = type === 'opaqueredirect' || redirected || redirects.includes(status);
  return isMoved || status === 401 ? 'unauthorized' : undefined;
}
