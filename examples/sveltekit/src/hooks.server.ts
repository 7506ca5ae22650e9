import { randomUUID } from 'node:crypto';
import type { Handle } from '@sveltejs/kit';
import { sessionCookie } from '#lib/server/jobs.ts';

/** Each visitor has a session of their own, and sees the jobs of that alone. */
export const handle: Handle = ({ event, resolve }) => {
  if (event.cookies.get(sessionCookie) === undefined) {
    // `secure: true` where the site has https.
    const options = { path: '/', httpOnly: true, sameSite: 'lax', secure: false } as const;
    event.cookies.set(sessionCookie, randomUUID(), options);
  }
  return resolve(event);
};
