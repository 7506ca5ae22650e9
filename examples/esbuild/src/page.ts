import type { JobId, ResultOf } from '@offstage/core';
import { JobObserver, type JobObserverState } from '@offstage/core/observe';
import { HttpJobClient } from '@offstage/http/client';
import { printBook } from './jobs.ts';

const client = new HttpJobClient({ baseUrl: '/jobs' });
const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const print = element<HTMLButtonElement>('print');
const cancel = element<HTMLButtonElement>('cancel');
const progress = element<HTMLProgressElement>('progress');
const status = element('status');

const response = await fetch('/current');
const { version } = (await response.json()) as { readonly version: string | null };
element('published').textContent =
  version === null ? 'Nothing is published yet.' : `Published: version ${version}`;

print.addEventListener('click', async () => {
  print.disabled = true;
  try {
    const { id } = await client.start(printBook, { pages: 120 });
    watch(id);
  } catch (error) {
    status.textContent = `It could not be started: ${error}`;
    print.disabled = false;
  }
});

function watch(id: JobId<ResultOf<typeof printBook>>): void {
  const observer = new JobObserver(client, id);
  const cancelIt = () => observer.getSnapshot().cancel();
  cancel.addEventListener('click', cancelIt);
  const unsubscribe = observer.subscribe(show);
  function show(): void {
    const state = observer.getSnapshot();
    progress.hidden = cancel.hidden = !state.isActive;
    cancel.disabled = state.isCanceling;
    if (state.percent !== null && state.percent !== undefined) progress.value = state.percent;
    status.textContent = textOf(state);
    if (!state.isTerminal) return;
    print.disabled = false;
    cancel.removeEventListener('click', cancelIt);
    unsubscribe();
  }
}

type State = JobObserverState<ResultOf<typeof printBook>>;

function textOf({ result, status: jobStatus, failure, error, message }: State): string {
  if (result) return `Published ${result.pages} pages as version ${result.version}.`;
  if (jobStatus === 'canceled') return 'Canceled: nothing was published.';
  if (failure) return `It failed: ${failure.message}`;
  return error ? `No connection: ${error.message}` : (message ?? '');
}
