import { createRoot } from 'react-dom/client';
import { Printing } from './printing.tsx';

const root = document.getElementById('root');
const response = await fetch('/current');
const { version } = (await response.json()) as { readonly version: string | null };
if (root !== null) {
  createRoot(root).render(
    <>
      <h1>Print a book</h1>
      <p>{version === null ? 'Nothing is published yet.' : `Published: version ${version}`}</p>
      <Printing />
    </>,
  );
}
