import { Refusal } from './refusal.ts';

/**
 * Refuses what another site makes a browser send along with its user's cookies (H5).
 *
 * Browsers say where a request comes from in `Sec-Fetch-Site`, and older ones in `Origin`. A request
 * with neither comes from a program, which sends no cookies that it was not given.
 *
 * @throws Refusal 403
 */
export function assertSameSite(request: Request, allowedOrigins: ReadonlySet<string>): void {
  const { headers } = request;
  const origin = headers.get('origin');
  if (origin !== null && allowedOrigins.has(origin)) return;
  const site = headers.get('sec-fetch-site');
  const isOwn =
    site !== null
      ? site === 'same-origin' || site === 'none'
      : origin === null || hostOf(origin) === (headers.get('host') ?? new URL(request.url).host);
  if (isOwn) return;
  throw new Refusal(
    403,
    'forbidden',
    'Another site may not change jobs. Name its origin in allowedOrigins if it is yours.',
  );
}

// The host alone: behind a proxy that ends TLS the scheme differs.
function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
