import type { TerminalJobView } from '@offstage/core';
import { HttpJobClient } from '@offstage/http/client';
import { change } from '../change/change-job.ts';
import { type Api, type ChangeResult, createApi, uploadField } from '../web/api.ts';

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

export function visit(
  url: string,
  { pollIntervalMs = 20 }: { readonly pollIntervalMs?: number } = {},
): Visitor {
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
  const jobs = new HttpJobClient({ baseUrl: `${url}/jobs`, fetch: send, pollIntervalMs });
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
