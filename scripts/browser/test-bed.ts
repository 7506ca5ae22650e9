import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { runtimeOptions } from '../setup.mjs';

const program = fileURLToPath(new URL('test-bed-server.ts', import.meta.url));

/** Runs the test bed in a process of its own while a project's tests run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const bed = spawn(process.execPath, [...runtimeOptions, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(bed, 'exit');
  const [line] = await Promise.race([
    once(bed.stdout, 'data'),
    ended.then(([code]) => {
      throw new Error(`The test bed ended with exit code ${code}; its output is above.`);
    }),
  ]);
  project.provide('bedPort', Number(String(line)));
  return async () => {
    bed.stdin.end();
    await ended;
  };
}
