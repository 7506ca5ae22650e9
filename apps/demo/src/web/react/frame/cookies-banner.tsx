import { cookiesProblem } from '../../shared/cookies.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';

export function CookiesBanner() {
  const { cookies } = useApp();
  if (useStore(cookies) !== 'missing') return null;
  return (
    <section className="notice notice--wait" aria-label="Cookies">
      <div>
        <h2 className="notice-title small">Cookies are needed</h2>
        <p className="notice-text">{cookiesProblem.message}</p>
      </div>
    </section>
  );
}
