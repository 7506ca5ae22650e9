import { useApp } from '../app-context.ts';

/** A light, half hidden by an edge. */
export function Brand() {
  const { router } = useApp();
  return (
    <a className="brand" href={router.href('documents')}>
      <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
        <path className="brand-light" d="M16 6.1a10 10 0 1 1 0 19.8z" />
        <path className="brand-edge" d="M6 3h7v26H6z" />
      </svg>
      Offstage
    </a>
  );
}
