import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runtimeOptions } from '../../../../scripts/setup.mjs';

const script = fileURLToPath(new URL('../../fixtures/starving.ts', import.meta.url));

// A limit of its own is what a shell gives a process; Windows has none.
test.runIf(process.platform !== 'win32')(
  'W4 F4 without a descriptor left for a thread the job fails by EMFILE in plain words, or waits for a thread, and nothing else notices',
  async () => {
    const limited = ['-c', 'ulimit -n 100; exec "$0" "$@"', process.execPath, ...runtimeOptions];
    const { stdout, stderr } = await promisify(execFile)('/bin/sh', [...limited, script], {
      // Node.js reads certificates whenever it likes, and says so where it cannot.
      env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
    });
    const lines = stdout.trim().split('\n');
    const said = lines.map((line): unknown => JSON.parse(line));
    const plain = expect.stringMatching(/could not be loaded\. .*EMFILE$/);
    expect(said).toEqual([
      ['starving', 'executor_failed', plain],
      ['fed', 'succeeded'],
      ['error', 'executor_failed', plain],
      ['held', 'running'],
      ['waiting', 'succeeded'],
      ['held', 'canceled'],
    ]);
    expect(stderr).toBe('');
  },
);
