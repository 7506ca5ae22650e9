import type { Env, Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';

/**
 * Which methods an address takes, for `Allow`, as its routes say; `undefined` where no route has it. Asked once
 * all routes are there.
 */
export function allowedMethods<E extends Env>(app: Hono<E>): (path: string) => string | undefined {
  let byPath: TrieRouter<string> | undefined;
  return (path) => {
    byPath ??= routerOf(app);
    const [found] = byPath.match('ANY', path);
    if (found.length === 0) return undefined;
    const methods = found.flatMap(([method]) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    return [...new Set(methods), 'OPTIONS'].join(', ');
  };
}

function routerOf<E extends Env>({ routes }: Hono<E>): TrieRouter<string> {
  const router = new TrieRouter<string>();
  for (const { method, path } of routes) {
    // What stands in front of all routes is no address.
    if (method !== 'ALL') router.add('ANY', path, method);
  }
  return router;
}
