import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { runCli } from '../testing/cli.ts';
import { runIngest } from '../testing/ingest.ts';
import { scratch, writeFiles } from '../testing/scratch.ts';

test('D5 D9 npm run export writes a version, and replaces no file unless it is told to', async () => {
  const data = scratch();
  const folder = writeFiles(scratch(), { 'a.md': 'text' });
  await runIngest(folder, data);
  const file = path.join(scratch(), 'a version.zip');
  const written = await runCli('export', [file, '--data', data]);
  expect(written).toMatchObject({ code: 0, stdout: '' });
  expect(written.stderr).toMatch(/^Exported version 1-\w+: 1 document, /);
  expect(Object.keys(unzipSync(readFileSync(file)))).toEqual(['version.json', 'documents.jsonl']);
  writeFileSync(file, 'mine');
  const again = await runCli('export', [file, '--data', data]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('--force replaces it');
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect((await runCli('export', [file, '--data', data, '--force'])).code).toBe(0);

  const piped = await runCli('export', ['-', '--data', data, '--version', '1']);
  expect(piped.code).toBe(0);
  expect(piped.stdout.slice(0, 12)).toBe('version.json');
  const listed = spawnSync('tar', ['-tf', '-'], { input: piped.stdout });
  if (listed.status === 0) {
    expect(listed.stdout.toString()).toBe('version.json\ndocuments.jsonl\n');
  }
});

test('D9 an export that cannot be made says why, and leaves nothing', async () => {
  const data = scratch();
  const out = scratch();
  const fails = async (args: string[]): Promise<string> => {
    const { code, stderr } = await runCli('export', args);
    expect(code).toBe(1);
    return stderr;
  };
  expect(await fails([])).toContain('Name the file to write.');
  expect(await fails([path.join(out, 'a.rar')])).toContain('.zip or .tar');
  expect(await fails([path.join(out, 'a.zip'), '--data', data])).toContain('[no_snapshot]');
  await runIngest(writeFiles(scratch(), { 'a.md': 'text' }), data);
  expect(await fails([path.join(out, 'a.zip'), '--data', data, '--version', '7'])).toContain(
    '[not_found]',
  );
  const nowhere = path.join(out, 'missing', 'a.zip');
  expect(await fails([nowhere, '--data', data])).toContain('no such folder to write to');
  expect(existsSync(nowhere)).toBe(false);
  expect(readdirSync(out)).toEqual([]);
});
