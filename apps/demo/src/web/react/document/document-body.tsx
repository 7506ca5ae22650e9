import { memo } from 'react';
import type { DocumentText } from '../../api.ts';

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
        <p>
          {parts.map(
            (part, index) =>
              // biome-ignore-start lint/suspicious/noArrayIndexKey: as above
              part.match ? (
                <mark key={index}>{part.text}</mark>
              ) : (
                <span key={index}>{part.text}</span>
              ),
            // biome-ignore-end lint/suspicious/noArrayIndexKey: as above
          )}
        </p>
      </section>
    ))}
  </div>
));
