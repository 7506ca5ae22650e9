import { memo } from 'react';
import type { DocumentText } from '../../api.ts';
import { stretchesOf } from '../../shared/text-lines.ts';
import { MarkedText } from './marked-text.tsx';
import { TextTable } from './text-table.tsx';

/** The text is a stranger's: shown as text, and as nothing else. */
export const DocumentBody = memo(({ text }: { text: DocumentText }) => (
  <div className="document-text">
    {text.passages.map(({ heading, parts }, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: passages of one text, which never move.
      <section key={at}>
        {heading !== '' && (
          <h3>
            <bdi>{heading}</bdi>
          </h3>
        )}
        {stretchesOf(parts).map((stretch, place) =>
          stretch.kind === 'table' ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <TextTable key={place} rows={stretch.rows} />
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <p key={place}>
              <MarkedText parts={stretch.parts} />
            </p>
          ),
        )}
      </section>
    ))}
  </div>
));
