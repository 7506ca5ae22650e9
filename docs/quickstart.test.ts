import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compile } from 'svelte/compiler';
import { expect, test } from 'vitest';
import { runtimeOptions } from '../scripts/setup.mjs';
import { root, scratchProject } from './scratch-project.ts';

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

// Every TypeScript block of the README is a file; its first line is the name.
const blocks = [...readme.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm)].map(
  ([, name = '', code = '']) => [name, code],
);
const project = scratchProject(Object.fromEntries(blocks));

test('J2 the quick start of the README compiles, with no cast', () => {
  expect(blocks.map(([name]) => name)).toEqual([
    'jobs.ts',
    'ingest.worker.ts',
    'main.ts',
    'server.ts',
  ]);
  expect(project.compile()).toBe('');
});

test('W1 the quick start of the README needs no syntax that Node.js 22 lacks', () => {
  for (const [name, code] of blocks) expect([name, code]).toEqual([name, withoutUsing(code)]);
});

const withoutUsing = (code = ''): string => code.replace(/\b(?:await )?using \w+ =/g, '');

const tsx = path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');

test.each([
  ['type stripping', [...runtimeOptions, 'main.ts']],
  ['tsx', [tsx, ...runtimeOptions, 'main.ts']],
])('W1 the quick start of the README runs as printed, under %s', (_, args) => {
  const output = execFileSync(process.execPath, args, { cwd: project.folder, encoding: 'utf8' });
  const lines = output.trim().split('\n');
  expect(lines).toContain('done 100 ');
  expect(lines).toContain('succeeded 2');
  const [documents, file = ''] = lines.at(-1)?.split(' ') ?? [];
  expect(documents).toBe('2');
  expect(readFileSync(path.resolve(project.folder, file), 'utf8')).toBe('Once upon a time.');
});

test('H1 H4 the server of the README runs as printed, and a client works with it', () => {
  const script = `
    import { once } from 'node:events';
    import { HttpJobClient } from '@offstage/http/client';
    import { ingest } from './jobs.ts';
    import { server } from './server.ts';
    await once(server, 'listening');
    const address = \`http://127.0.0.1:\${server.address().port}\`;
    const visitor = async () => {
      const { headers } = await fetch(address);
      const cookie = headers.getSetCookie()[0].split(';')[0];
      return new HttpJobClient({ baseUrl: \`\${address}/jobs\`, headers: { cookie } });
    };
    const [client, other] = [await visitor(), await visitor()];
    const { id } = await client.start(ingest, { texts: ['/etc/passwd'] });
    const { status, result } = await client.wait(id);
    const list = await other.list();
    console.log(status, result.documents, list.length, (await fetch(address + '/jobs')).status);
    process.exit();
  `;
  const args = [...runtimeOptions, '--input-type=module', '--eval', script];
  const env = { ...process.env, PORT: '0' };
  const output = execFileSync(process.execPath, args, {
    cwd: project.folder,
    encoding: 'utf8',
    env,
  });
  expect(output.trim()).toBe('succeeded 1 0 401');
});

test('U1 the React page of the README is the one that runs in the browser tests', () => {
  const [, block] = /^```tsx\n\/\/ App\.tsx\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  const tested = path.join(root, 'packages', 'react', 'src', 'testing', 'quickstart.tsx');
  expect(block).toBe(readFileSync(tested, 'utf8'));
});

test('U2 the Svelte page of the README compiles without a warning, and is the one that is tested but for the getter', () => {
  const [, block = ''] = /^```svelte\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  expect(compile(block, { generate: 'client' }).warnings).toEqual([]);
  const tested = path.join(root, 'packages', 'svelte', 'fixtures', 'quickstart.svelte');
  expect(block.replace('() => client', 'client')).toBe(readFileSync(tested, 'utf8'));
});
