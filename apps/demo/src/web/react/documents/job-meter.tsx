import type { JobView } from '@offstage/core';
import { activeSentence } from '../../shared/job-words.ts';
import { useApp } from '../app-context.ts';
import { JobBar } from '../parts/job-bar.tsx';
import { useStore } from '../use-store.ts';

export function JobMeter({ job, isCanceling }: { job: JobView; isCanceling: boolean }) {
  const pace = useStore(useApp().pace);
  const percent = job.progress?.percent ?? null;
  return (
    <div className="job-meter">
      {percent !== null && job.status === 'running' && (
        <p className="job-percent" aria-hidden="true">
          {Math.floor(percent)}
          <span className="job-percent-sign">%</span>
        </p>
      )}
      <JobBar job={job} isCanceling={isCanceling} label="Progress of the change" />
      <p className="job-message">{activeSentence(job, isCanceling)}</p>
      {!isCanceling && pace !== '' && <p className="small soft">{pace}</p>}
    </div>
  );
}
