// The site for programs that read it: `llms.txt` (https://llmstxt.org), a list of its pages as Markdown, and
// `api.md`, the whole reference on one page.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';
import { doors } from './doors.mjs';
import { referenceFolder } from './reference.mjs';

const docs = path.join(root, 'docs');
const summary =
  'Long work for TypeScript applications: background jobs with bounded live progress and a cooperative cancel, ' +
  'and snapshots of files that are published all at once or not at all. No service to run.';

/** Writes both into the built site, and each page as it was written beside them. */
export async function writeForMachines(site) {
  const { sidebar } = await import('../../docs/.vitepress/sidebar.ts');
  const base = (process.env.OFFSTAGE_DOCS_URL ?? '').replace(/\/$/, '');
  const groups = sidebar().filter(({ collapsed }) => collapsed !== true);
  const lines = groups.flatMap(({ text, items }) => [
    '',
    `## ${text}`,
    '',
    ...items.map(({ text: title, file }) => {
      const about = firstSentence(readFileSync(path.join(docs, file), 'utf8'));
      return `- [${title}](${base}/${file})${about === '' ? '' : `: ${about}`}`;
    }),
  ]);
  const whole = ['', '## Whole', '', `- [The whole API on one page](${base}/api.md)`];
  writeFileSync(
    path.join(site, 'llms.txt'),
    ['# Offstage', '', `> ${summary}`, ...lines, ...whole, ''].join('\n'),
  );
  for (const { file } of groups.flatMap(({ items }) => items)) {
    cpSync(path.join(docs, file), path.join(site, file));
  }
  writeFileSync(path.join(site, 'api.md'), wholeReference());
}

/** All doors below one another; links between them become anchors of this page. */
function wholeReference() {
  const pages = doors().map(({ name }) => {
    const text = readFileSync(path.join(referenceFolder, `${name}.md`), 'utf8');
    return text.replaceAll(/\]\((?:[^()#\s]+\.md)?(#[^()\s]+)\)/g, ']($1)');
  });
  return `# The API of Offstage\n\n${summary}\n\n${pages.map((page) => page.replaceAll(/^(#+) /gm, '#$1 ')).join('\n')}`;
}

/** What a page says of itself first; empty where it begins otherwise. */
function firstSentence(page) {
  const [, paragraph = ''] = /^# .+\n\n((?:[A-Z`].*\n)+)/m.exec(page) ?? [];
  const [, sentence = ''] =
    /^(.*?[.:])(?:\s|$)/s.exec(paragraph.replaceAll('\n', ' ').trim()) ?? [];
  return sentence.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replace(/:$/, '.');
}
