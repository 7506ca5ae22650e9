import { cookies } from 'next/headers';
import { currentBook, latestPrint } from '../lib/server.ts';
import { Printing } from './printing.tsx';

export default async function Page() {
  const session = (await cookies()).get('session')?.value;
  const [book, latest] = await Promise.all([currentBook(), latestPrint(session)]);
  return (
    <>
      <h1>Print a book</h1>
      <p>{book ? `Published: version ${book.version}` : 'Nothing is published yet.'}</p>
      <Printing latest={latest} />
    </>
  );
}
