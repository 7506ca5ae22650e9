import { memo } from 'react';
import type { DocumentView } from '../../api.ts';
import { documentDetail } from '../../shared/document-words.ts';
import { formatBytes, formatCount, formatDay, isoTime, shortHash } from '../../shared/format.ts';
import { FileName } from '../parts/file-name.tsx';

interface DocumentRowProps {
  readonly index: number;
  /** Pixels from the top of the rows. */
  readonly top: number;
  readonly isLast: boolean;
  /** `undefined` while it is still to come. */
  readonly document: DocumentView | undefined;
  readonly isChosen: boolean;
  readonly onChoose: (id: string) => void;
  readonly onRemove: (document: DocumentView) => void;
}

export const DocumentRow = memo((props: DocumentRowProps) => {
  const { index, top, isLast, document, isChosen, onChoose, onRemove } = props;
  const classes = ['row', isLast && 'row--last', document === undefined && 'row--blank'];
  const style = { transform: `translateY(${top}px)` };
  return (
    // biome-ignore-start lint/a11y/useSemanticElements: as in the table.
    // biome-ignore-start lint/a11y/useFocusableInteractive: rows of a table are not widgets.
    <div
      className={classes.filter(Boolean).join(' ')}
      role="row"
      aria-rowindex={index + 2}
      style={style}
    >
      <div role="cell">
        {document && (
          <input
            type="checkbox"
            className="check"
            aria-label={`Choose ${document.name}`}
            checked={isChosen}
            onChange={() => onChoose(document.id)}
          />
        )}
      </div>
      <div role="cell" className="row-title">
        {document && <FileName name={document.name} />}
        {document && <Detail document={document} />}
      </div>
      <div role="cell" className="row-figure row-passages">
        {document?.outcome === 'indexed' && formatCount(document.passages)}
      </div>
      <div role="cell" className="row-figure">
        {document && formatBytes(document.bytes)}
      </div>
      <div role="cell" className="row-figure row-added">
        {document?.addedAt != null && (
          <time dateTime={isoTime(document.addedAt)}>{formatDay(document.addedAt)}</time>
        )}
      </div>
      <div role="cell" className="row-actions">
        {document && (
          <button
            type="button"
            className="button button--quiet button--small row-remove"
            onClick={() => onRemove(document)}
          >
            Remove<span className="hidden-visually"> {document.name}</span>
          </button>
        )}
      </div>
    </div>
    // biome-ignore-end lint/a11y/useFocusableInteractive: as above
    // biome-ignore-end lint/a11y/useSemanticElements: as above
  );
});

function Detail({ document }: { document: DocumentView }) {
  const { text, title, isBad, badge, sha256 } = documentDetail(document);
  return (
    <span
      className={isBad ? 'row-detail row-detail--bad' : 'row-detail'}
      title={title || undefined}
    >
      {badge !== '' && <span className="row-badge">{badge}</span>}
      {text}
      {sha256 !== null && (
        <>
          {' · '}
          <code title={`SHA-256 ${sha256}`}>{shortHash(sha256)}</code>
        </>
      )}
    </span>
  );
}
