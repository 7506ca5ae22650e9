import type { FoundDocument } from '../../shared/search-view.ts';
import { MarkedText } from '../document/marked-text.tsx';

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
            <MarkedText parts={snippet} />
          </p>
        </li>
      ))}
    </ul>
  </li>
);
