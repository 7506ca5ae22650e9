import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runtimeOptions } from '../../../../scripts/setup.mjs';
import { scratch, writeFiles } from '../testing/scratch.ts';

const script = fileURLToPath(new URL('../testing/starving.ts', import.meta.url));

test.runIf(process.platform !== 'win32')(
  'D6 F4 without a descriptor left for a parser the job fails by that code, and the thread goes on',
  async () => {
    const folder = writeFiles(scratch(), { 'a.md': 'text' });
    const args = [...runtimeOptions, script, folder, path.join(scratch(), 'data')];
    const limited = ['-c', 'ulimit -n 120; exec "$0" "$@"', process.execPath, ...args];
    const { stdout } = await promisify(execFile)('/bin/sh', limited);
    const ends = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(ends).toEqual([
      ['succeeded', null],
      [
        'failed',
        {
          code: 'EMFILE',
          message:
            'This computer has no room for another open file (EMFILE). Nothing was published; start again when other programs have ended.',
          reference: expect.any(String),
        },
      ],
      ['succeeded', null],
    ]);
  },
);
