import type { ChangeResult } from '../../api.ts';
import { countOf } from '../../shared/format.ts';
import { otherFilesTitle, outcomeWords } from '../../shared/job-words.ts';
import { ReasonList } from '../parts/reason-list.tsx';

/** What became of each file of a change (D6). */
export function FileOutcomes({ result }: { result: ChangeResult }) {
  const failed = result.files.filter(({ outcome }) => outcome === 'failed');
  const others = result.files.filter(({ outcome }) => outcome !== 'failed');
  return (
    <>
      {failed.length > 0 && (
        <details className="failures failures--bad" open>
          <summary>{countOf(result.newlyFailed, 'file')} cannot be searched</summary>
          <ReasonList
            label="Files that cannot be searched"
            reasons={failed.map(({ name, problem }) => ({ name, text: problem?.message ?? '' }))}
          />
        </details>
      )}
      {others.length > 0 && (
        <details className="failures">
          <summary>{otherFilesTitle(result, failed.length > 0)}</summary>
          <ReasonList
            label="Other files"
            reasons={others.map(({ name, outcome }) => ({ name, text: outcomeWords[outcome] }))}
          />
        </details>
      )}
    </>
  );
}
