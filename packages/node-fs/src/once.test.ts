import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const fixture = fileURLToPath(new URL('../fixtures/publish-under-key.ts', import.meta.url));
const flags = ['--conditions=@offstage/source', '--disable-warning=ExperimentalWarning'];

function attempt(folder: string, key: string, killAt?: string) {
  const args = [...flags, fixture, folder, key, ...(killAt === undefined ? [] : [killAt])];
  const { signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return { signal, said: stdout === '' ? undefined : JSON.parse(stdout) };
}

test.skipIf(process.platform === 'win32').for([
  ['draft renamed', false],
  ['CURRENT.tmp fsynced', false],
  ['CURRENT renamed', true],
  ['root fsynced after CURRENT was renamed', true],
] as const)(
  'S19 an attempt killed at "%s": the next one has one version',
  ([moment, isPublished]) => {
    const folder = mkdtempSync(join(tmpdir(), 'offstage-once-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    attempt(folder, 'another job');
    expect(attempt(folder, 'job 1', moment)).toEqual({ signal: 'SIGKILL', said: undefined });
    const { said } = attempt(folder, 'job 1');
    expect(said).toMatchObject({ gen: 2, repeated: isPublished });
    expect(attempt(folder, 'job 1').said).toEqual({ ...said, repeated: true });
    expect(
      readdirSync(folder)
        .filter((name) => !/^1-/.test(name))
        .sort(),
    ).toEqual([said.version, 'CURRENT', 'LOCK']);
  },
);
