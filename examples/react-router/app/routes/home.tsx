import { data } from 'react-router';
import { beginSession, currentBook, latestPrint, sessionOf } from '../jobs.server.ts';
import { Printing } from '../printing.tsx';
import type { Route } from './+types/home.ts';

/** Each visitor has a session of their own, and sees the jobs of that alone. */
export async function loader({ request }: Route.LoaderArgs) {
  const session = await sessionOf(request);
  const [book, latest] = await Promise.all([currentBook(), latestPrint(session)]);
  const headers = session === undefined ? { 'Set-Cookie': await beginSession() } : undefined;
  return data({ book, latest }, { headers });
}

export default function Home({ loaderData: { book, latest } }: Route.ComponentProps) {
  return (
    <>
      <h1>Print a book</h1>
      <p>{book ? `Published: version ${book.version}` : 'Nothing is published yet.'}</p>
      <Printing latest={latest} />
    </>
  );
}
