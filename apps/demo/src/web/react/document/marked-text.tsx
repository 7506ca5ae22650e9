import type { SnippetPart } from '../../api.ts';

/** Text of a stranger with what was found in it marked. */
export const MarkedText = ({ parts }: { parts: readonly SnippetPart[] }) => (
  <>
    {parts.map((part, at) =>
      part.match ? (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, which never move.
        <mark key={at}>{part.text}</mark>
      ) : (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        <span key={at}>{part.text}</span>
      ),
    )}
  </>
);
