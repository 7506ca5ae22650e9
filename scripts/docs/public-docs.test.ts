import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { buildOnce } from '../build-once.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const ruleId = /\b[AD-FHJKMNPSUW][0-9]{1,2}\b/;

beforeAll(() => buildOnce('./packages/*'), 120_000);

// Whoever hovers over a name has never seen the contract.
test('what an editor shows of a public name holds no id of a rule', () => {
  // The suites of the testing door run rules, and say which.
  const declarations = globSync('packages/*/dist/**/*.d.ts', { cwd: root }).filter(
    (file) => !file.includes('dist/testing/'),
  );
  expect(declarations.length).toBeGreaterThan(10);
  const told = declarations.flatMap((file) => {
    const comments = readFileSync(path.join(root, file), 'utf8').match(/\/\*\*[\s\S]*?\*\//g) ?? [];
    return comments.filter((comment) => ruleId.test(comment)).map((comment) => ({ file, comment }));
  });
  expect(told).toEqual([]);
});
