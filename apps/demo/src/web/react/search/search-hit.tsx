import type { FoundDocument } from '../../shared/search-view.ts';

/** A document with its passages. All text is a stranger's: shown as text, and as nothing else. */
export const SearchHit = ({ found: { hit, title, href, note } }: { found: FoundDocument }) => (
  <li className="hit">
    <h2 className="hit-title">
      <a href={href}>
        <bdi>{title}</bdi>
      </a>
    </h2>
    <p className="hit-source">
      <bdi>{hit.name}</bdi>
      {note !== '' && <bdi>{note}</bdi>}
    </p>
    <ul className="hit-passages">
      {hit.hits.map(({ passage, heading, snippet }) => (
        <li key={passage}>
          {heading !== '' && (
            <p className="hit-heading">
              <bdi>{heading}</bdi>
            </p>
          )}
          <p className="hit-text">
            {snippet.map(
              ({ text, match }, index) =>
                // biome-ignore-start lint/suspicious/noArrayIndexKey: stretches of one text, which never move.
                match ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
              // biome-ignore-end lint/suspicious/noArrayIndexKey: as above
            )}
          </p>
        </li>
      ))}
    </ul>
  </li>
);
