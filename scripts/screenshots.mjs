// Pictures of every state of the Documents pages, for looking at:
//   node scripts/screenshots.mjs [folder]     all of them; without a folder, into a new one
//   node scripts/screenshots.mjs --docs       the few of docs/images, made anew
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { environment, findNode, installPackages, root } from './setup.mjs';

const shown = {
  'documents.png': 'documents-running-react-1600-light.png',
  'outcome.png': 'documents-partly-failed-react-1600-dark.png',
  'search.png': 'search-found-react-768-light.png',
  'telephone.png': 'documents-running-react-360-dark.png',
};

const [target] = process.argv.slice(2);
const isForDocs = target === '--docs';
const folder =
  isForDocs || target === undefined
    ? mkdtempSync(path.join(os.tmpdir(), 'offstage-pictures-'))
    : path.resolve(target);

installPackages();
ensureChromium();
const node = findNode();
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(
  node,
  [
    vitest,
    'run',
    '--project',
    'pages',
    'src/web-tests/states',
    ...(isForDocs ? ['-t', 'react'] : []),
  ],
  {
    cwd: root,
    env: { ...environment(node), OFFSTAGE_SCREENSHOTS: folder },
    stdio: ['ignore', 2, 2],
  },
);
if (status !== 0) process.exit(status ?? 1);

if (isForDocs) {
  const images = path.join(root, 'docs', 'images');
  mkdirSync(images, { recursive: true });
  for (const [name, state] of Object.entries(shown)) {
    copyFileSync(path.join(folder, state), path.join(images, name));
  }
  rmSync(folder, { recursive: true });
  console.log(images);
} else console.log(folder);
