import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../..', import.meta.url));

const source = `
  import { sqliteJournal } from '@offstage/sqlite';

  const journal = sqliteJournal(process.argv[2]);
  const tell = ({ code, message, details }) =>
    console.log(JSON.stringify({ code, message, reason: details.reason }));
  journal.open().then(() => console.log('{}'), tell).then(() => journal.close());
`;

/** What a program says that was bundled so, with the packages installed beside it. */
async function runBundle(format: 'esm' | 'cjs', external: string[]): Promise<unknown> {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'offstage-bundle-'));
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  const outfile = join(scratch, format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs');
  await build({
    stdin: { contents: source, resolveDir: repository },
    bundle: true,
    platform: 'node',
    conditions: ['@offstage/source'],
    logLevel: 'silent',
    outfile,
    format,
    external,
  });
  symlinkSync(join(repository, 'node_modules'), join(scratch, 'node_modules'));
  const flags = ['--conditions=@offstage/source', '--disable-warning=ExperimentalWarning'];
  const journal = join(scratch, 'jobs.sqlite');
  const { stdout } = await run(process.execPath, [...flags, outfile, journal]);
  return JSON.parse(stdout);
}

test.each(['esm', 'cjs'] as const)(
  'K6 a journal that was bundled as %s tells the cause and the cure, and works outside of the bundle',
  async (format) => {
    expect(await runBundle(format, [])).toEqual({
      code: 'journal_failed',
      reason: 'bundled',
      message: expect.stringContaining('Leave @offstage/sqlite out of the bundle'),
    });
    expect(await runBundle(format, ['@offstage/sqlite'])).toEqual({});
  },
);
