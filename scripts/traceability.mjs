// Makes docs/traceability.md from the rules in docs/specs and the titles of the tests.
//   node scripts/traceability.mjs           writes it
//   node scripts/traceability.mjs --check   fails where it is out of date, or a rule lacks its test
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectTests, parseRules, render, shortcomings } from './traceability/trace.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const output = path.join(root, 'docs', 'traceability.md');
const read = (files) =>
  files
    .map((file) => file.split(path.sep).join('/'))
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));

const specs = read(globSync('docs/specs/*.md', { cwd: root }));
const rules = parseRules(specs);
const tests = collectTests(
  read(
    globSync(
      [
        '{packages,apps}/*/src/**/*.test.ts',
        'docs/*.test.ts',
        'scripts/*.test.ts',
        'packages/*/src/testing/**/*-suite*.ts',
      ],
      {
        cwd: root,
      },
    ),
  ),
);
const page = render(rules, tests, specs);

const problems = shortcomings(rules, tests);
if (process.argv.includes('--check')) {
  let current = '';
  try {
    current = readFileSync(output, 'utf8');
  } catch {
    // Reported just below as out of date.
  }
  if (current !== page)
    problems.push('docs/traceability.md is out of date: run `npm run traceability`.');
} else {
  writeFileSync(output, page);
}
for (const problem of problems) console.error(problem);
console.log(
  `${rules.length} rules, ${tests.length} tests that name a rule, ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
