// A page for each example: what it is, how to run it, and its files as they are built and driven by a test.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

const languages = {
  css: 'css',
  html: 'html',
  js: 'js',
  json: 'json',
  jsx: 'jsx',
  mjs: 'js',
  svelte: 'svelte',
  ts: 'ts',
  tsx: 'tsx',
  vue: 'vue',
};

export function writeExamples() {
  const pages = path.join(root, 'docs', 'frameworks');
  for (const name of readdirSync(pages)) {
    if (name.startsWith('example-')) rmSync(path.join(pages, name));
  }
  const folder = path.join(root, 'examples');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (!existsSync(path.join(folder, name, 'package.json'))) continue;
    writeFileSync(path.join(pages, `example-${name}.md`), pageOf(name, filesOf(name)));
  }
}

/** What is kept of an example, as `[name, text]`; nothing that a build has made of it. */
function filesOf(name) {
  const folder = path.join(root, 'examples', name);
  const { stdout } = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '.'],
    { cwd: folder, encoding: 'utf8' },
  );
  return stdout
    .split('\0')
    .filter((file) => file !== '')
    .map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]);
}

/** @param {readonly (readonly [string, string])[]} files */
export function pageOf(name, files) {
  const texts = new Map(files);
  const { description, scripts = {} } = JSON.parse(texts.get('package.json') ?? '{}');
  const readme = (texts.get('README.md') ?? '').replace(/^# .*\n+/, '').trim();
  const build = Object.keys(scripts).find((name) => name.startsWith('build'));
  const steps = [build, 'start'].filter((step) => step !== undefined && step in scripts);
  const commands = ['npm install', ...steps.map((step) => `npm run ${step}`)];
  const shown = [...texts].flatMap(([file, text]) => {
    const language = languages[file.split('.').pop() ?? ''];
    return language === undefined ? [] : [`## \`${file}\`\n\n${fenced(text, language)}`];
  });
  const where = `[\`examples/${name}\`](https://github.com/offstage-dev/offstage/tree/main/examples/${name})`;
  return [
    `# Example: ${description ?? name}`,
    readme,
    `All of it is in ${where}. A test installs it from packed packages, builds it, and drives it in a browser.`,
    fenced(`${commands.join('\n')}\n`, 'sh'),
    ...shown,
    '',
  ]
    .filter((part, index, parts) => part !== '' || index === parts.length - 1)
    .join('\n\n');
}

/** With a fence that is longer than any in the text. */
function fenced(text, language) {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n*$/, '\n')}${fence}`;
}
