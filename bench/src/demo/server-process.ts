import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Visitor, visit } from '@offstage/demo/testing/visitor.ts';

const start = fileURLToPath(import.meta.resolve('@offstage/demo/server/start.ts'));

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly visitor: Visitor;
}

/** The Documents server in a process of its own, as `npm start` runs it, and one visitor. */
export async function startDocuments(
  dataFolder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...process.execArgv, start], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, OFFSTAGE_DATA: dataFolder, PORT: '0', ...env },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const mark = 'Documents is at ';
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith(mark)) continue;
    url = line.slice(mark.length).replace(/\/$/, '');
    break;
  }
  if (url === undefined) throw new Error('The Documents server ended before it was ready.');
  return {
    url,
    // Often enough for what is measured, and seldom enough to measure no polling.
    visitor: visit(url, { pollIntervalMs: 50 }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
