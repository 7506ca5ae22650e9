import type { SearchHit as Hit } from '../../api.ts';

/** A passage. Its text is a stranger's: shown as text, and as nothing else. */
export const SearchHit = ({ hit, href }: { hit: Hit; href: string }) => (
  <li className="hit">
    <h2 className="hit-title">
      <a href={href}>
        <bdi>{hit.title || hit.name}</bdi>
      </a>
    </h2>
    <p className="hit-text">
      {hit.snippet.map(
        ({ text, match }, index) =>
          // biome-ignore-start lint/suspicious/noArrayIndexKey: stretches of one text, which never move.
          match ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
        // biome-ignore-end lint/suspicious/noArrayIndexKey: as above
      )}
    </p>
    <p className="hit-source">
      <bdi>{hit.name}</bdi>
      {hit.heading !== '' && <bdi>{hit.heading}</bdi>}
    </p>
  </li>
);
