/**
 * What the conformance suites need of a test framework. Vitest's and Jest's own functions fit, so
 * do thin wrappers over `node:test`.
 */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void> | void): void;
  expect(value: unknown): SuiteExpectation;
}

export interface SuiteExpectation {
  /** The same value, by `Object.is`. */
  toBe(expected: unknown): void;
  /** The same in depth. */
  toEqual(expected: unknown): void;
  /** In depth, looking at the fields of `expected` alone. */
  toMatchObject(expected: object): void;
}
