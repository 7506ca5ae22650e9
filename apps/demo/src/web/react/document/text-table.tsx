import type { SnippetPart } from '../../api.ts';
import { MarkedText } from './marked-text.tsx';

type Rows = readonly (readonly (readonly SnippetPart[])[])[];

/** Which of its rows are heads, nobody knows any more. */
export const TextTable = ({ rows }: { rows: Rows }) => (
  <table>
    <tbody>
      {/* biome-ignore-start lint/suspicious/noArrayIndexKey: rows of one text, which never move. */}
      {rows.map((cells, row) => (
        <tr key={row}>
          {cells.map((parts, cell) => (
            <td key={cell}>
              <MarkedText parts={parts} />
            </td>
          ))}
        </tr>
      ))}
      {/* biome-ignore-end lint/suspicious/noArrayIndexKey: as above */}
    </tbody>
  </table>
);
