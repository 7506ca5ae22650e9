import { sessionCookie } from '../utils/printing.ts';

/** Each visitor has a session of their own, and sees the jobs of that alone. */
export default defineEventHandler((event) => {
  if (event.path !== '/' || getCookie(event, sessionCookie) !== undefined) return;
  // `secure: true` where the site has https.
  setCookie(event, sessionCookie, crypto.randomUUID(), {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
  });
});
