import { globSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { placeOf } from './.vitepress/places.ts';
import { repository } from './.vitepress/repository.ts';
import { sidebar } from './.vitepress/sidebar.ts';
import { root, scratchProject } from './scratch-project.ts';

const docs = path.join(root, 'docs');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The members of the union `OffstageErrorCode`, as the compiler reads them. */
function errorCodes(): string[] {
  const [file = ''] = globSync('packages/core/src/**/errors.ts', { cwd: root });
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest);
  const union = source.statements
    .filter(ts.isTypeAliasDeclaration)
    .find(({ name }) => name.text === 'OffstageErrorCode')?.type;
  if (union === undefined || !ts.isUnionTypeNode(union)) return [];
  return union.types.flatMap((type) =>
    ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [],
  );
}

test('J3 J11 Troubleshooting says of every error code what it means and what to do, and of no other', () => {
  const sections = read('docs/guide/troubleshooting.md').split(/^(?=##+ )/m);
  const codes = sections.flatMap((section) => {
    const [, code] = /^### `([a-z_]+)`$/m.exec(section) ?? [];
    return code === undefined ? [] : [{ code, section }];
  });
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.map(({ code }) => code).sort()).toEqual(errorCodes().sort());
  for (const { code, section } of codes) {
    const [meaning = '', advice = ''] = section.replace(/^.*\n/, '').split('**Do:**');
    expect(meaning.trim(), code).not.toBe('');
    expect(advice.trim(), code).not.toBe('');
  }
});

test('J2 the list of many jobs, and the observer without a framework, compile', () => {
  const block = (file: string, language: string): string =>
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(read(file))?.[1] ?? '';
  const files = {
    'list.tsx': block('docs/guide/many-jobs.md', 'tsx'),
    'follow.ts': block('docs/frameworks/without-a-framework.md', 'ts'),
  };
  expect(Object.values(files)).not.toContain('');
  const lib = ['ES2024', 'ESNext.Disposable', 'DOM'];
  expect(scratchProject(files).compile({ jsx: 'react-jsx', lib })).toBe('');
});

test('every page of the site is in its sidebar, once', () => {
  const links = sidebar().flatMap(({ items }) => items.map(({ file }) => file));
  const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('.md') && !file.startsWith('.vitepress/'))
    // The first page, and the list of guides, are in the bar above.
    .filter(
      (file) =>
        !['index.md', 'guide/README.md', 'api/index.md', 'project/changes.md'].includes(file),
    );
  expect(links.filter((file) => file !== 'api/index.md').sort()).toEqual(pages.sort());
});

test('links of pages lead to pages, and what is no page to the repository', () => {
  const page = path.join(docs, 'guide', 'testing.md');
  expect(placeOf('jobs.md#watch-it', page)).toBe('/guide/jobs.md#watch-it');
  expect(placeOf('../adr', page)).toBe('/adr/');
  expect(placeOf('../specs/README.md', page)).toBe('/specs/');
  expect(placeOf('../../README.md', page)).toBe(`${repository}/blob/main/README.md`);
  expect(placeOf('../../bench', page)).toBe(`${repository}/tree/main/bench`);
  expect(placeOf('https://example.com/a.md', page)).toBe('https://example.com/a.md');
  expect(() => placeOf('none.md', page)).toThrow('docs/guide/testing.md: none.md is not there');
});

test('the documents beside the site have no link that leads nowhere', () => {
  const links = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].flatMap((file) =>
    [...read(file).matchAll(/\]\(([^)]+)\)|(?:src|href)="([^"]+)"/g)].map(
      ([, inline, html]) => [inline ?? html ?? '', path.join(root, file)] as const,
    ),
  );
  expect(links.length).toBeGreaterThan(10);
  for (const [link, page] of links) expect(() => placeOf(link, page)).not.toThrow();
});
