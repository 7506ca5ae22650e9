import { connection } from 'next/server';
import { currentBook } from '../lib/server.ts';
import { Printing } from './printing.tsx';

export default async function Page() {
  await connection();
  const book = await currentBook();
  return (
    <>
      <h1>Print a book</h1>
      <p>{book ? `Published: version ${book.version}` : 'Nothing is published yet.'}</p>
      <Printing />
    </>
  );
}
