import { OffstageError } from '@offstage/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { closeOnExit } from './close-on-exit.ts';
import { sharedManager } from './shared-manager.ts';

const registry = Symbol.for('offstage.sharedManager');
const signals = (): number => process.listenerCount('SIGTERM');

interface Made {
  readonly shutdowns: number[];
  shutdown(options: { readonly graceMs: number }): Promise<void>;
}

function make(): Made {
  const shutdowns: number[] = [];
  return {
    shutdowns,
    async shutdown({ graceMs }) {
      shutdowns.push(graceMs);
    },
  };
}

/** A factory of the same closure with other code, as a bundler or an editor leaves it. */
const factory = (code: string): (() => Made) =>
  new Function('make', 'imports', `return ${code}`)(make, { make }) as () => Made;

interface Kept {
  readonly stopClosing: () => void;
}

afterEach(() => {
  const managers = Reflect.get(globalThis, registry) as Map<string, Kept>;
  for (const { stopClosing } of managers.values()) stopClosing();
  managers.clear();
  vi.unstubAllEnvs();
});

describe('sharedManager', () => {
  test.each(['production', 'test', 'development'])(
    'W8 a module evaluated again has the manager of the first time, in %s',
    (environment) => {
      vi.stubEnv('NODE_ENV', environment);
      const before = signals();
      const made = [1, 2, 3].map(() => sharedManager('jobs', () => make()));
      expect(new Set(made).size).toBe(1);
      expect(made[0]?.shutdowns).toEqual([]);
      expect(signals()).toBe(Math.max(1, before));
      expect(sharedManager('others', () => make())).not.toBe(made[0]);
    },
  );

  test.each(['production', 'test', ''])(
    'W8 other code never shuts a manager down where NODE_ENV is "%s"',
    (environment) => {
      vi.stubEnv('NODE_ENV', environment);
      const first = sharedManager('jobs', factory('() => make()'));
      expect(sharedManager('jobs', factory('() => { return make(); }'))).toBe(first);
      expect(first.shutdowns).toEqual([]);
    },
  );

  test('W8 in development other code replaces the manager, and the earlier one is shut down', () => {
    vi.stubEnv('NODE_ENV', 'development');
    const first = sharedManager('jobs', factory('() => make()'));
    const second = sharedManager('jobs', factory('() => { return make(); }'));
    expect(second).not.toBe(first);
    expect([first.shutdowns, second.shutdowns]).toEqual([[0], []]);
  });

  test.each([
    [
      'Turbopack',
      'function (__TURBOPACK__imported__jobs__$5b$app$2d$rsc$5d$__) { return make(); }',
      'function (__TURBOPACK__imported__jobs__$5b$app$2d$route$5d$__) { return make(); }',
    ],
    [
      'webpack',
      'function (_core__WEBPACK_IMPORTED_MODULE_0__) { "(rsc)/./jobs.ts"; return make(); }',
      'function (_core__WEBPACK_IMPORTED_MODULE_3__) { "(ssr)/./jobs.ts"; return make(); }',
    ],
    [
      'Vite',
      'function (__vi_import_0__) { return make(); }',
      'function (__vi_import_4__) { return  make(); }',
    ],
  ])('W8 two copies that %s made of one module share a manager', (_, page, route) => {
    vi.stubEnv('NODE_ENV', 'development');
    const first = sharedManager('jobs', factory(page));
    expect(sharedManager('jobs', factory(route))).toBe(first);
    expect(first.shutdowns).toEqual([]);
  });

  test('W8 a factory that throws leaves what was there', () => {
    vi.stubEnv('NODE_ENV', 'development');
    const fails = (): never => {
      throw new Error('no database');
    };
    expect(() => sharedManager('jobs', fails)).toThrow('no database');
    const first = sharedManager('jobs', factory('() => make()'));
    expect(() => sharedManager('jobs', fails)).toThrow('no database');
    expect(sharedManager('jobs', factory('() => make()'))).toBe(first);
    expect(first.shutdowns).toEqual([]);
  });

  test.each([
    ['', make],
    [undefined, make],
    ['jobs', {}],
  ] as readonly unknown[][])('W8 %s with %s is refused', (name, factoryGiven) => {
    expect(() => sharedManager(name as string, factoryGiven as () => Made)).toThrow(OffstageError);
  });

  test('W8 closeOnExit of one manager, again, shuts nothing down and ends it once', async () => {
    const manager = sharedManager('jobs', () => make());
    const stops = [1, 2].map(() => closeOnExit(manager, { name: 'jobs' }));
    stops.push(closeOnExit(manager));
    expect(manager.shutdowns).toEqual([]);
    process.emit('beforeExit', 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(manager.shutdowns).toEqual([5000]);
    for (const stop of stops) stop();
  });
});
