import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../docs/.vitepress/repository.ts';
import { root } from './setup.mjs';

const packages = readdirSync(path.join(root, 'packages'));
const manifestOf = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8'));

test.each(packages)('%s says where it comes from, and what it is about', (name) => {
  const { homepage, bugs, keywords, repository: source, license, description } = manifestOf(name);
  expect({ homepage, bugs, source, license }).toEqual({
    homepage: expect.stringMatching(/^https:\/\//),
    bugs: `${repository}/issues`,
    source: { type: 'git', url: `git+${repository}.git`, directory: `packages/${name}` },
    license: 'MIT',
  });
  expect(description).toEqual(expect.any(String));
  expect(keywords).toContain('offstage');
});

test.each(packages)('the README of %s has no link that npm cannot follow', (name) => {
  const { homepage } = manifestOf(name);
  const readme = readFileSync(path.join(root, 'packages', name, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\(([^)]+)\)|(?:src|href)="([^"]+)"/g)].map(
    ([, inline, html]) => inline ?? html ?? '',
  );
  expect(links.length).toBeGreaterThan(0);
  for (const link of links) {
    if (link.startsWith('#')) continue;
    expect(link).toMatch(/^https:\/\//);
    // What leads to the site leads to a page of it.
    const [, page] = new RegExp(`^${homepage}([^#]+)\\.html`).exec(link) ?? [];
    if (page !== undefined) expect(pages).toContain(page);
  }
});

const pages = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => file.split(path.sep).join('/').replace(/\.md$/, ''));
