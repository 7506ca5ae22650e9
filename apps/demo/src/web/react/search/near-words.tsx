import { Fragment } from 'react';
import type { Link } from '../../shared/search-view.ts';

/** What may have been meant. */
export function NearWords({ near }: { near: readonly Link[] }) {
  if (near.length === 0) return null;
  return (
    <p className="search-near">
      Did you mean{' '}
      {near.map(({ text, href }, at) => (
        <Fragment key={href}>
          {at > 0 && (at === near.length - 1 ? ' or ' : ', ')}
          <a href={href}>
            <bdi>{text}</bdi>
          </a>
        </Fragment>
      ))}
      ?
    </p>
  );
}
