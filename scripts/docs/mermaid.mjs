// Mermaid as it comes, beside the site: bundling it again would take longer than all pages together.
import { cpSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

const from = path.join(root, 'node_modules', 'mermaid', 'dist');
const to = path.join(root, 'docs', 'public', 'mermaid');
const chunks = path.join('chunks', 'mermaid.esm.min');

export function copyMermaid() {
  rmSync(to, { recursive: true, force: true });
  const names = readdirSync(path.join(from, chunks)).filter((name) => name.endsWith('.mjs'));
  for (const file of ['mermaid.esm.min.mjs', ...names.map((name) => path.join(chunks, name))]) {
    cpSync(path.join(from, file), path.join(to, file));
  }
}
