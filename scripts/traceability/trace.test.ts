import { describe, expect, test } from 'vitest';
import { collectTests, expandRules, parseRules, render, shortcomings } from './trace.mjs';

const spec = {
  file: 'docs/specs/jobs.md',
  text: [
    '| id | requirement | rules |',
    '| FR-001 | Jobs | J1 to J2 |',
    '| J1 | implemented | A job is. |',
    '| J2 | planned | A job will be. |',
  ].join('\n'),
};
const source = (text: string) => [{ file: 'packages/core/src/a.test.ts', text }];

describe('traceability', () => {
  test('finds the ids that a title begins with, over line breaks and modifiers', () => {
    const tests = collectTests(
      source(`test('J1 J2 both', …); test.each([1])(\n  "J2 one", …); it("no id"); test('J9', …)`),
    );
    expect(tests.map(({ ids }) => ids)).toEqual([['J1', 'J2'], ['J2'], ['J9']]);
  });

  test('a rule that is called implemented and has no test is a problem', () => {
    const rules = parseRules([spec]);
    expect(shortcomings(rules, [])).toEqual([expect.stringContaining('J1 is called implemented')]);
    expect(shortcomings(rules, collectTests(source(`test('J1 is', …)`)))).toEqual([]);
  });

  test('a test that names an unknown rule is a problem', () => {
    const tests = collectTests(source(`test('J1 is', …); test('J77 is not', …)`));
    expect(shortcomings(parseRules([spec]), tests)).toEqual([expect.stringContaining('J77')]);
  });

  test('a requirement is implemented when all its rules are', () => {
    const page = render(parseRules([spec]), collectTests(source(`test('J1 is | so', …)`)), [spec]);
    expect(page).toContain('| FR-001 | Jobs | planned (open: J2) | J1 to J2 |');
    expect(page).toContain('J1 is \\| so');
  });

  test('a range of rules is expanded', () => {
    expect(expandRules('J9 to J11, P1')).toEqual(['J9', 'J10', 'J11', 'P1']);
  });
});
