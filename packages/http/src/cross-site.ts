import { Refusal } from './refusal.ts';

export interface SameSiteOptions {
  /** What the server is called where there is no Host header. @default none */
  readonly host?: string | undefined;
  /** Other origins that may change something, such as `https://app.example.com`. @default none */
  readonly allowedOrigins?: ReadonlySet<string> | undefined;
}

/**
 * Whether a request that changes something comes from the site's own pages, or from no page at all; not
 * from another site that makes a browser send it along with its user's cookies. The handler of jobs
 * looks itself: this is for an application's own routes.
 *
 * Browsers say where a request comes from in `Sec-Fetch-Site`, and older ones in `Origin`. A request
 * with neither comes from a program, which sends no cookies that it was not given.
 *
 * @example
 * if (request.method !== 'GET' && !isSameSite(request.headers)) return new Response(null, { status: 403 });
 */
export function isSameSite(
  headers: Pick<Headers, 'get'>,
  { host, allowedOrigins }: SameSiteOptions = {},
): boolean {
  const origin = headers.get('origin');
  if (origin !== null && allowedOrigins?.has(origin)) return true;
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' || site === 'none';
  const own = headers.get('host') ?? host;
  return origin === null || (own !== undefined && hostOf(origin) === own);
}

/** @throws Refusal 403 */
export function assertSameSite(request: Request, allowedOrigins: ReadonlySet<string>): void {
  const host = request.headers.get('host') ?? new URL(request.url).host;
  if (isSameSite(request.headers, { host, allowedOrigins })) return;
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
