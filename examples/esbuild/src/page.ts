import type { ResultOf } from '@offstage/core';
import { JobObserver, type JobObserverState } from '@offstage/core/observe';
import { HttpJobClient } from '@offstage/http/client';
import { printBook } from './jobs.ts';

const client = new HttpJobClient({ baseUrl: '/jobs' });
const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const print = element<HTMLButtonElement>('print');
const cancel = element<HTMLButtonElement>('cancel');
const progress = element<HTMLProgressElement>('progress');
const status = element('status');

print.addEventListener('click', async () => {
  print.disabled = true;
  try {
    const { id } = await client.start(printBook, { pages: 60 });
    follow(id);
  } catch (error) {
    status.textContent = `It could not be started: ${error instanceof Error ? error.message : error}`;
    print.disabled = false;
  }
});

function follow(id: string): void {
  const observer = new JobObserver<ResultOf<typeof printBook>>(client, id);
  const show = () => {
    const state = observer.getSnapshot();
    const isBusy = state.isPending || state.isActive;
    progress.hidden = cancel.hidden = !state.isActive;
    cancel.disabled = state.isCanceling;
    if (state.percent !== null) progress.value = state.percent;
    status.textContent = textOf(state);
    print.disabled = isBusy;
    if (!isBusy) stop();
  };
  cancel.onclick = () => observer.getSnapshot().cancel();
  const stop = observer.subscribe(show);
}

function textOf(state: JobObserverState<ResultOf<typeof printBook>>): string {
  const { result, status: jobStatus, failure, isLost, error, message } = state;
  if (result) return `Published ${result.pages} pages as version ${result.version}.`;
  if (jobStatus === 'canceled') return 'Canceled: nothing was published.';
  if (failure) return `It failed: ${failure.message}`;
  if (isLost) return 'This job is gone: the server was started anew. Print it again.';
  return error ? `No connection, trying again: ${error.message}` : message;
}

const response = await fetch('/current');
const { version } = (await response.json()) as { readonly version: string | null };
element('published').textContent =
  version === null ? 'Nothing is published yet.' : `Published: version ${version}`;
// Whoever loads the page again goes on where they were.
const [latest] = await client.list({ name: printBook.name, limit: 1 });
print.disabled = false;
if (latest !== undefined) follow(latest.id);
