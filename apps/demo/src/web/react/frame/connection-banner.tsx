import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

export function ConnectionBanner() {
  const { connection } = useApp();
  const state = useStore(connection);
  if (state === 'online') return null;
  return (
    <section className="notice notice--wait" aria-label="Connection">
      <div>
        <h2 className="notice-title small">
          {state === 'offline' ? 'You are offline' : 'The server does not answer'}
        </h2>
        <p className="notice-text">
          This page shows what it saw last, and goes on by itself when the connection is back. Work
          that has begun goes on without it.
        </p>
      </div>
    </section>
  );
}
