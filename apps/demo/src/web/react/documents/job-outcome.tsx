import type { JobView } from '@offstage/core';
import { currentGen } from '../../shared/corpus-words.ts';
import { asChangeResult, outcomeOf } from '../../shared/job-words.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';
import { FileOutcomes } from './file-outcomes.tsx';

export function JobOutcome({ job }: { job: JobView }) {
  const { corpus, router } = useApp();
  const outcome = outcomeOf(job, currentGen(useStore(corpus).data));
  const result = asChangeResult(job.result);
  return (
    <div className="job-outcome">
      <h3 className={`outcome outcome--${outcome?.tone}`}>{outcome?.title}</h3>
      <p className="small soft name">{outcome?.text}</p>
      {job.failure && (
        <p className="small soft">
          Reference <code>{job.failure.reference}</code>
        </p>
      )}
      {result?.published && (
        <p className="small">
          <a href={router.href('search')}>Search it</a> or{' '}
          <a href={router.href('versions')}>see its sizes and hashes</a>.
        </p>
      )}
      {result !== undefined && result.files.length > 0 && <FileOutcomes result={result} />}
    </div>
  );
}
