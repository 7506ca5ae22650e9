import type { ReactNode } from 'react';

/** The heading takes the focus when the page is navigated to. */
export const PageHead = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="page-head">
    <h1 tabIndex={-1}>{title}</h1>
    {children}
  </div>
);
