import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { DocumentsServer, type DocumentsServerOptions } from '../server/documents-server.ts';
import { type RunningCli, startScript } from './cli.ts';
import { corpus, scratch } from './scratch.ts';

export { type Visitor, visit } from './visitor.ts';

/** A real server on a free port of the loopback, ended after the test. */
export async function startServer(
  options: Partial<DocumentsServerOptions> = {},
): Promise<{ url: string; data: string; server: DocumentsServer }> {
  const data = options.dataFolder ?? path.join(scratch(), 'data');
  const server = new DocumentsServer({ port: 0, ...options, dataFolder: data });
  onTestFinished(async () => {
    await server.shutdown({ graceMs: 5000 });
  });
  const { port } = await server.start();
  return { url: `http://localhost:${port}`, data, server };
}

/** The same in a process of its own, to be killed, with so many file descriptors where that is said. */
export async function spawnServer(
  data: string,
  env: Readonly<Record<string, string>> = {},
  descriptors?: number,
): Promise<{ url: string; running: RunningCli }> {
  const script = new URL('../server/start.ts', import.meta.url);
  const all = { PORT: '0', OFFSTAGE_DATA: data, ...env };
  const running = startScript(script, [], all, descriptors);
  const line = await running.line((text) => text.startsWith('Documents is at '));
  return { url: line.slice('Documents is at '.length).replace(/\/$/, ''), running };
}

/** The shipped corpus, by relative name. */
export function corpusFiles(): Record<string, Uint8Array> {
  return Object.fromEntries(
    filesBelow(corpus).map((file) => [file, readFileSync(path.join(corpus, file))]),
  );
}

/** Relative paths of all files below a folder, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
