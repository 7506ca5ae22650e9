import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TerminalJobView } from '@offstage/core';
import { HttpJobClient } from '@offstage/http/client';
import { onTestFinished } from 'vitest';
import { DocumentsServer, type DocumentsServerOptions } from '../server/documents-server.ts';
import { type Api, type ChangeResult, change, createApi, uploadField } from '../web/api.ts';
import { type RunningCli, startScript } from './cli.ts';
import { corpus, scratch } from './scratch.ts';

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

/** The same in a process of its own, to be killed. */
export async function spawnServer(
  data: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ url: string; running: RunningCli }> {
  const running = startScript(new URL('../server/start.ts', import.meta.url), [], {
    PORT: '0',
    OFFSTAGE_DATA: data,
    ...env,
  });
  const line = await running.line((text) => text.startsWith('Documents is at '));
  return { url: line.slice('Documents is at '.length).replace(/\/$/, ''), running };
}

/** One browser's stay: its cookie, and the clients that a page has. */
export interface Visitor {
  readonly api: Api;
  readonly jobs: HttpJobClient;
  readonly fetch: typeof fetch;
  cookie: string;
  /** The text of every answer so far. */
  readonly answers: string[];
  upload(files: Readonly<Record<string, string | Uint8Array>>): Promise<string[]>;
  start(add: readonly string[], remove?: readonly string[]): Promise<string>;
  /** Uploads, changes and waits for the end. */
  publish(
    files: Readonly<Record<string, string | Uint8Array>>,
  ): Promise<TerminalJobView<ChangeResult>>;
  remove(...documents: string[]): Promise<TerminalJobView<ChangeResult>>;
}

export function visit(url: string): Visitor {
  const answers: string[] = [];
  const send: typeof fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (visitor.cookie !== '') headers.set('cookie', visitor.cookie);
    const target = String(input).startsWith('http') ? String(input) : `${url}${String(input)}`;
    const response = await fetch(target, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      visitor.cookie = cookie.split(';')[0] ?? '';
    }
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (!isStream) {
      answers.push(`${[...response.headers].join('\n')}\n${await response.clone().text()}`);
    }
    return response;
  };
  const jobs = new HttpJobClient({ baseUrl: `${url}/jobs`, fetch: send, pollIntervalMs: 20 });
  const visitor: Visitor = {
    api: createApi({ origin: url, fetch: send }),
    jobs,
    fetch: send,
    cookie: '',
    answers,
    async upload(files) {
      const form = new FormData();
      for (const [name, content] of Object.entries(files)) {
        const bytes = typeof content === 'string' ? Buffer.from(content) : content;
        form.append(uploadField, new Blob([new Uint8Array(bytes)]), name);
      }
      const answer = await send('/api/uploads', { method: 'POST', body: form });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      const { files: uploaded } = (await answer.json()) as { files: { upload: string | null }[] };
      return uploaded.flatMap(({ upload }) => (upload === null ? [] : [upload]));
    },
    async start(add, remove = []) {
      const job = await jobs.start(change, { add: [...add], remove: [...remove] });
      return job.id;
    },
    async publish(files) {
      const add = await visitor.upload(files);
      const { id } = await jobs.start(change, { add, remove: [] });
      return jobs.wait(id);
    },
    async remove(...documents) {
      const { id } = await jobs.start(change, { add: [], remove: documents });
      return jobs.wait(id);
    },
  };
  return visitor;
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
