import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of its own for one test, removed after it. */
export function scratch(): string {
  const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'offstage-demo-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by their relative paths and returns the folder. */
export function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): string {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}

/** The shipped corpus. */
export const corpus = path.resolve(import.meta.dirname, '../../../../corpus');

/** Markdown whose emphasis takes marked time that grows with the square of its length: minutes. */
export const endlessMarkdown = `${'a**b'.repeat(400_000)}c`;
