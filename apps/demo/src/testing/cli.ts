import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { runtimeOptions } from '../../../../scripts/setup.mjs';

export interface CliEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly process: ChildProcess;
  readonly ended: Promise<CliEnd>;
  /** Resolves when standard output has a line that fits. Rejects when the process ends without. */
  line(fits: (line: string) => boolean): Promise<string>;
}

export type CliName = 'ingest' | 'search' | 'export';

/** Runs a command of the app as a process of its own, as npm's scripts do. */
export const startCli = (name: CliName, args: readonly string[]): RunningCli =>
  startScript(new URL(`../cli/${name}.ts`, import.meta.url), args);

export function startScript(
  script: URL,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  descriptors?: number,
): RunningCli {
  const command = [process.execPath, ...runtimeOptions, fileURLToPath(script), ...args];
  const limit = ['/bin/sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`];
  const [program = '', ...rest] = descriptors === undefined ? command : [...limit, ...command];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const look of waiting) look();
  };
  let stderr = '';
  let isOver = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    tell();
  });
  const ended = new Promise<CliEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      isOver = true;
      resolve({ code, signal, stdout: lines.join('\n'), stderr });
      tell();
    });
  });
  return {
    process: child,
    ended,
    line: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = lines.find(fits);
          if (line === undefined && !isOver) return;
          waiting.delete(look);
          if (line !== undefined) resolve(line);
          else reject(new Error(`It ended without that line: ${lines.join('\n')}\n${stderr}`));
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Runs a command to its end. */
export const runCli = (name: CliName, args: readonly string[]): Promise<CliEnd> =>
  startCli(name, args).ended;

/** The events that `--json` printed. */
export const eventsIn = (stdout: string): { event: string; [field: string]: unknown }[] =>
  stdout.split('\n').map((line) => JSON.parse(line));
