import { HttpJobClient } from '@offstage/http/client';
import { JobsProvider } from '@offstage/solid';
import { render } from 'solid-js/web';
import { printBook } from '../src/jobs.ts';
import { Printing } from './printing.tsx';

const client = new HttpJobClient({ baseUrl: '/jobs' });
const response = await fetch('/current');
const { version } = (await response.json()) as { readonly version: string | null };
// Whoever loads the page again goes on where they were.
const [latest] = await client.list({ name: printBook.name, limit: 1 });
const root = document.getElementById('root');
if (root !== null) {
  render(
    () => (
      <JobsProvider client={client}>
        <h1>Print a book</h1>
        <p>{version === null ? 'Nothing is published yet.' : `Published: version ${version}`}</p>
        <Printing latestId={latest?.id} />
      </JobsProvider>
    ),
    root,
  );
}
