import type { ReactNode } from 'react';

/** A place with nothing in it yet: the light that is left on in an empty theatre. */
export const Empty = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="empty">
    <svg className="ghost-light" viewBox="0 0 48 48" aria-hidden="true">
      <path
        d="M24 20v22M15 43h18"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <circle className="ghost-light-bulb" cx="24" cy="12" r="7" />
    </svg>
    <h2>{title}</h2>
    <div className="empty-text">{children}</div>
  </div>
);
