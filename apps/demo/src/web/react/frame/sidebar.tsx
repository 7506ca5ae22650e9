import { type PageId, pages } from '../../shared/router.ts';
import { useApp } from '../app-context.ts';
import { Brand } from './brand.tsx';
import { CurrentVersion } from './current-version.tsx';
import { NavIcon } from './nav-icon.tsx';
import { StatusLight } from './status-light.tsx';
import { ThemeButton } from './theme-button.tsx';

/** The ways to the pages, and what is going on behind them. */
export function Sidebar({ page }: { page: PageId }) {
  const { router } = useApp();
  return (
    <header className="sidebar">
      <Brand />
      <nav className="nav" aria-label="Pages">
        <ul>
          {pages.map(({ id, title }) => (
            <li key={id}>
              <a
                className="nav-link"
                href={router.href(id)}
                aria-keyshortcuts={id === 'search' ? '/' : undefined}
                aria-current={id === page ? 'page' : undefined}
              >
                <NavIcon name={id} />
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="sidebar-foot">
        <StatusLight />
        <CurrentVersion />
        <ThemeButton />
      </div>
    </header>
  );
}
