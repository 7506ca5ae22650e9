import { notFoundTitle, pages } from '../../shared/router.ts';
import { useApp } from '../app-context.ts';
import { PageHead } from '../parts/page-head.tsx';

export function NotFoundPage() {
  const { router } = useApp();
  return (
    <>
      <PageHead title={notFoundTitle}>
        <p className="page-sub">The address leads nowhere. What there is:</p>
      </PageHead>
      <ul>
        {pages.map(({ id, title }) => (
          <li key={id}>
            <a href={router.href(id)}>{title}</a>
          </li>
        ))}
      </ul>
    </>
  );
}
