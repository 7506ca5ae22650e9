import { type NextRequest, NextResponse } from 'next/server';

/** Each visitor has a session of their own, and sees the jobs of that alone. */
export function proxy(request: NextRequest) {
  const response = NextResponse.next();
  if (!request.cookies.has('session')) {
    // `secure: true` where the site has https.
    const options = { path: '/', httpOnly: true, sameSite: 'lax' } as const;
    response.cookies.set('session', crypto.randomUUID(), options);
  }
  return response;
}

export const config = { matcher: '/' };
