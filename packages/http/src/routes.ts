import { badRequest, Refusal } from './refusal.ts';

export type RouteName =
  | 'list'
  | 'activity'
  | 'ownerEvents'
  | 'openapi'
  | 'pollMany'
  | 'start'
  | 'poll'
  | 'consume'
  | 'cancel'
  | 'retry'
  | 'jobEvents';

export interface Route {
  readonly name: RouteName;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the base path; `*` is the id of a job, or the name of a definition for `start`. */
  readonly path: string;
}

/**
 * All there is (H2); the handler and the OpenAPI document read this table.
 *
 * Fixed words come before ids. No id can be one of them: ids are unguessable (J3), hence longer.
 */
export const routes: readonly Route[] = [
  { name: 'list', method: 'GET', path: '' },
  { name: 'activity', method: 'GET', path: '/activity' },
  { name: 'ownerEvents', method: 'GET', path: '/events' },
  { name: 'openapi', method: 'GET', path: '/openapi.json' },
  { name: 'pollMany', method: 'POST', path: '/poll' },
  { name: 'start', method: 'POST', path: '/*' },
  { name: 'poll', method: 'GET', path: '/*' },
  { name: 'consume', method: 'DELETE', path: '/*' },
  { name: 'cancel', method: 'POST', path: '/*/cancel' },
  { name: 'retry', method: 'POST', path: '/*/retry' },
  { name: 'jobEvents', method: 'GET', path: '/*/events' },
];

/** The fixed words below the base path, which no definition can be named. */
export const reservedNames: ReadonlySet<string> = new Set(
  routes.filter(({ path }) => path !== '' && !path.includes('*')).map(({ path }) => path.slice(1)),
);

export interface Located {
  /** By method; at least one. */
  readonly byMethod: ReadonlyMap<string, Route>;
  /** For `Allow`. */
  readonly allow: string;
  /** What stands for `*`; empty where the path has none. */
  readonly key: string;
}

const byPath = new Map<string, Omit<Located, 'key'>>();
for (const { path } of routes) {
  const same = routes.filter((route) => route.path === path);
  const methods = same.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  byPath.set(path, {
    byMethod: new Map(same.map((route) => [route.method, route])),
    allow: [...methods, 'OPTIONS'].join(', '),
  });
}

/** @throws Refusal 404 outside of the table, 400 for an encoding that is none. */
export function locate(pathname: string, basePath: string): Located {
  // The root has a slash where every other base path has none.
  const address = basePath === '' && pathname === '/' ? '' : pathname;
  const inside = address === basePath || address.startsWith(`${basePath}/`);
  const path = inside ? address.slice(basePath.length) : undefined;
  const [, key = '', ...rest] = path?.split('/') ?? [];
  const fixed = path === undefined ? undefined : byPath.get(path);
  if (fixed !== undefined && key !== '*') return { ...fixed, key: '' };
  const pattern = byPath.get(['', '*', ...rest].join('/'));
  if (path === undefined || key === '' || pattern === undefined || rest.includes('*')) {
    throw new Refusal(404, 'not_found', 'There is nothing at this address.');
  }
  return { ...pattern, key: decode(key) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest('The address has a "%" that is no percent-encoding.');
  }
}
