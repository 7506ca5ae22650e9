import type { JobView } from '@offstage/core';
import { useApp } from '../app-context.ts';
import { JobBar } from '../parts/job-bar.tsx';
import { useStore } from '../use-store.ts';

interface JobMeterProps {
  readonly job: JobView;
  readonly isCanceling: boolean;
  readonly line: string;
}

export function JobMeter({ job, isCanceling, line }: JobMeterProps) {
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
      <p className="job-message">{line}</p>
      {!isCanceling && pace !== '' && <p className="small soft">{pace}</p>}
    </div>
  );
}
