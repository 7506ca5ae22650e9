// What changed, as the page of the site shows it: the notes that wait for a release, and the changelogs of the
// packages, in which an entry of several packages stands once.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

export function writeChanges() {
  const waiting = notes();
  const sections = [
    ...(waiting.length > 0 ? [['Not released yet', waiting]] : []),
    ...released(changelogs()).entries(),
  ];
  const text = sections.map(
    ([title, entries]) =>
      `## ${title}\n\n${entries.map(({ packages, text }) => `- **${packages.join(', ')}**: ${text.replaceAll('\n', '\n  ')}`).join('\n\n')}\n`,
  );
  writeFileSync(path.join(root, 'docs', 'project', 'changes.md'), text.join('\n'));
}

/** Those of `.changeset`, each a list of packages and a text. */
function notes() {
  const folder = path.join(root, '.changeset');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => {
      const [, head = '', text = ''] =
        /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(path.join(folder, name), 'utf8')) ??
        [];
      return {
        packages: [...head.matchAll(/@offstage\/([\w-]+)/g)].map(([, short]) => short),
        text: text.trim(),
      };
    });
}

function changelogs() {
  return readdirSync(path.join(root, 'packages')).flatMap((folder) => {
    const file = path.join(root, 'packages', folder, 'CHANGELOG.md');
    return existsSync(file) ? [[folder, readFileSync(file, 'utf8')]] : [];
  });
}

/** Version by version, newest first, from what `changeset version` has written into each package. */
export function released(changelogs) {
  const versions = new Map();
  for (const [folder, changelog] of changelogs) {
    for (const section of changelog.split(/^## /m).slice(1)) {
      const [version = '', ...lines] = section.split('\n');
      const entries = versions.get(version.trim()) ?? [];
      versions.set(version.trim(), entries);
      for (const item of lines.join('\n').split(/^- /m).slice(1)) {
        const text = item
          .replaceAll(/^#.*$/gm, '')
          .replace(/^[0-9a-f]{7,}: /, '')
          .replaceAll(/^ {2}/gm, '')
          .trim();
        if (text.startsWith('Updated dependencies')) continue;
        const same = entries.find((entry) => entry.text === text);
        if (same === undefined) entries.push({ packages: [folder], text });
        else same.packages.push(folder);
      }
    }
  }
  return versions;
}
