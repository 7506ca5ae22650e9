import type { ChangeResult } from '../../api.ts';
import { fileGroups } from '../../shared/file-outcomes.ts';
import { ReasonList } from '../parts/reason-list.tsx';

/** What became of each file of a change (D6). */
export const FileOutcomes = ({ result }: { result: ChangeResult }) =>
  fileGroups(result).map(({ key, title, label, isBad, files, more }) => (
    <details key={key} className={isBad ? 'failures failures--bad' : 'failures'} open={isBad}>
      <summary>{title}</summary>
      <ReasonList label={label} reasons={files} />
      {more !== '' && <p className="small soft">{more}</p>}
    </details>
  ));
