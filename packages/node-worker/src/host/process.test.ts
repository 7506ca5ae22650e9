import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { runtimeOptions } from '../../../../scripts/setup.mjs';
import { blockingPipe } from '../../fixtures/blocking-pipe.ts';

const script = fileURLToPath(new URL('../../fixtures/process.ts', import.meta.url));
const children = new Set<ChildProcessByStdio<null, Readable, Readable>>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Runs a scenario; `onLine` may send signals. */
function run(
  scenario: string,
  onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
  args: readonly string[] = [],
): Promise<Ran> {
  const child = spawn(process.execPath, [...runtimeOptions, script, scenario, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const lines: string[] = [];
  let rest = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      onLine(line, (signal) => child.kill(signal));
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, lines, errors }));
  });
}

describe('a process', () => {
  test('W6 nothing keeps it alive but a job', async () => {
    expect(await run('idle')).toMatchObject({ code: 0, lines: ['succeeded'] });
  });

  test('W6 W4 a job that runs does, and its crash is told before the end', async () => {
    expect(await run('unattended')).toMatchObject({ code: 0, lines: ['failed worker_crashed'] });
  });

  test('W6 A3 A7 A9 K6 so does one whose time has not come, and a schedule, until its manager is shut down', async () => {
    const { code, lines, errors } = await run('waiting');
    expect({ code, lines: lines.slice(0, 6), errors }).toEqual({
      code: 0,
      lines: [
        '2 attempts',
        'rate succeeded',
        'started succeeded',
        'ended succeeded',
        'delayed',
        expect.stringMatching(/^schedule/),
      ],
      errors: '',
    });
  });

  test('W4 W6 an entry that failed to load keeps nothing alive', async () => {
    expect(await run('failing')).toMatchObject({ code: 0, lines: ['executor_failed'], errors: '' });
  });

  test('P6 ten million reports while main is blocked for a second grow it by 16 MiB at most', async () => {
    const { lines } = await run('blocked');
    expect(lines[0]).toBe('succeeded 10000000');
    expect(Number(lines[1])).toBeLessThanOrEqual(16);
  });

  test('W8 a natural exit shuts down once, with code 0', async () => {
    expect(await run('natural')).toMatchObject({
      code: 0,
      lines: ['succeeded', 'accepting false', 'exit 0'],
      errors: '',
    });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('W8 %s cancels what runs and exits with %i', async (signal, code) => {
    const ran = await run('held', (line, kill) => {
      if (line === 'ready') kill(signal);
    });
    expect(ran).toMatchObject({ code, signal: null, errors: '' });
    expect([...ran.lines].sort()).toEqual(['canceled hold', 'other closed', 'ready']);
  });

  test('W8 a second signal exits at once', async () => {
    let signals = 0;
    const ran = await run('deaf', (line, kill) => {
      if (line === 'ready') kill('SIGTERM');
      if (line === 'signal' && signals++ === 0) kill('SIGINT');
    });
    expect(ran).toMatchObject({ code: 130, signal: null });
  });

  test('W8 W6 a handler that ignores everything ends with the grace', async () => {
    const ran = await run('deafWithGrace', (line, kill) => {
      if (line === 'ready') kill('SIGINT');
    });
    expect(ran).toMatchObject({ code: 130, lines: ['ready', 'canceled deaf'] });
  });

  test.runIf(process.platform !== 'win32')(
    'W8 W6 a thread that nothing ends does not hold it: it dies by the signal, once its listeners know',
    async () => {
      using pipe = blockingPipe();
      const onLine = (line: string, kill: (signal: NodeJS.Signals) => void): void => {
        if (line !== 'ready') return;
        void expect
          .poll(pipe.isRead)
          .toBe(true)
          .then(() => kill('SIGTERM'));
      };
      const ran = await run('stuck', onLine, [pipe.path]);
      expect(ran).toMatchObject({ code: null, signal: 'SIGTERM', errors: '' });
      expect(ran.lines).toEqual(['ready', 'canceled stuck', 'stuck', 'exit 143']);
    },
  );

  test('W8 a shutdown that fails is told and does not hold the process', async () => {
    const ran = await run('failsToClose', (line, kill) => {
      if (line === 'ready') kill('SIGTERM');
    });
    expect(ran.code).toBe(143);
    expect(ran.errors).toContain('cannot close');
  });
});
