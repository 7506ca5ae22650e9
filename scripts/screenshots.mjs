// Pictures of the Documents pages, by their browser suite:
//   node scripts/screenshots.mjs [folder]      every state, for looking at; without a folder, into a new one
//   node scripts/screenshots.mjs --docs        the few of docs/images, made anew
//   node scripts/screenshots.mjs --recording   the animated picture of docs/images, made anew
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { environment, findNode, installPackages, root } from './setup.mjs';

const shown = {
  'documents.png': 'documents-running-react-1280-light.png',
  'outcome.png': 'documents-partly-failed-react-1280-dark.png',
  'search.png': 'search-found-react-1280-light.png',
  'telephone.png': 'documents-running-react-360-dark.png',
};
const images = path.join(root, 'docs', 'images');

installPackages();
ensureChromium();
const [target] = process.argv.slice(2);
if (target === '--recording') {
  const file = path.join(images, 'recording.gif');
  suite(['src/web-tests/recording'], { OFFSTAGE_RECORDING: file });
  console.log(file);
} else if (target === '--docs') {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'offstage-pictures-'));
  const states = Object.values(shown).map((file) => /^(.*)-react-/.exec(file)?.[1]);
  suite(['src/web-tests/states', '-t', `react .*: (${states.join('|')})$`], {
    OFFSTAGE_SCREENSHOTS: folder,
  });
  mkdirSync(images, { recursive: true });
  for (const [name, state] of Object.entries(shown)) {
    copyFileSync(path.join(folder, state), path.join(images, name));
  }
  rmSync(folder, { recursive: true });
  console.log(images);
} else {
  const folder = target
    ? path.resolve(target)
    : mkdtempSync(path.join(os.tmpdir(), 'offstage-pictures-'));
  suite(['src/web-tests/states'], { OFFSTAGE_SCREENSHOTS: folder });
  console.log(folder);
}

/** Runs a part of the browser suite, and ends where it fails. */
function suite(filters, env) {
  const node = findNode();
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(node, [vitest, 'run', '--project', 'pages', ...filters], {
    cwd: root,
    env: { ...environment(node), ...env },
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
}
