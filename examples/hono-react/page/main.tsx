import { HttpJobClient } from '@offstage/http/client';
import { createRoot } from 'react-dom/client';
import { printBook } from '../src/jobs.ts';
import { Printing } from './printing.tsx';

const client = new HttpJobClient({ baseUrl: '/jobs' });
const response = await fetch('/current');
const { version } = (await response.json()) as { readonly version: string | null };
// Whoever loads the page again goes on where they were.
const [latest] = await client.list({ name: printBook.name, limit: 1 });
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <>
      <h1>Print a book</h1>
      <p>{version === null ? 'Nothing is published yet.' : `Published: version ${version}`}</p>
      <Printing client={client} latestId={latest?.id} />
    </>,
  );
}
