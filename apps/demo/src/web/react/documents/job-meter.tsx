import type { JobView } from '@offstage/core';
import type { JobCardView } from '../../shared/job-card.ts';
import { JobBar } from '../parts/job-bar.tsx';

interface JobMeterProps {
  readonly job: JobView;
  readonly isCanceling: boolean;
  readonly card: JobCardView;
}

export function JobMeter({ job, isCanceling, card }: JobMeterProps) {
  const percent = job.progress?.percent ?? null;
  const { line, attempt, note, slow, pace } = card;
  return (
    <div className="job-meter">
      {percent !== null && job.status === 'running' && (
        <p className="job-percent" aria-hidden="true">
          {Math.floor(percent)}
          <span className="job-percent-sign">%</span>
        </p>
      )}
      {attempt !== '' && <p className="job-attempt">{attempt}</p>}
      <JobBar job={job} isCanceling={isCanceling} label="Progress of the change" />
      <p className="job-message">{line}</p>
      {pace !== '' && <p className="small soft">{pace}</p>}
      {slow && (
        <p className="small soft name">
          <bdi>{slow.name}</bdi>
          {slow.after}
        </p>
      )}
      {note !== '' && <p className="small soft name">{note}</p>}
    </div>
  );
}
