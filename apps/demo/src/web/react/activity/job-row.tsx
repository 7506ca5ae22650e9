import { useJobProgress } from '@offstage/react';
import { change } from '../../../change/change-job.ts';
import { formatClock, formatDuration, shortHash } from '../../shared/format.ts';
import { activeSentence, outcomeOf, statusLabel } from '../../shared/job-words.ts';
import { Badge } from '../parts/badge.tsx';
import { JobBar } from '../parts/job-bar.tsx';
import { JobActions } from './job-actions.tsx';

export function JobRow({ jobId }: { jobId: string }) {
  const progress = useJobProgress(jobId, { definition: change });
  const { job, isActive, isCanceling } = progress;
  if (job === undefined) return null;
  const { text, tone } = statusLabel(job.status, isCanceling, job.result);
  const { startedAt, endedAt, createdAt } = job;
  const took = startedAt !== null && endedAt !== null ? formatDuration(endedAt - startedAt) : '';
  return (
    <li className="card job-row">
      <div className="job-row-text">
        <div className="job-row-title">
          <h3>
            Change <code>{shortHash(jobId)}</code>
          </h3>
          <Badge tone={tone}>{text}</Badge>
        </div>
        <p className="small soft">
          Started {formatClock(createdAt)}
          {took !== '' && `, took ${took}`}
        </p>
        <p className="small name">
          {isActive
            ? activeSentence(job, isCanceling)
            : shortOutcome(outcomeOf(job, undefined)?.title)}
        </p>
      </div>
      <JobActions progress={progress} />
      {isActive && (
        <JobBar
          job={job}
          isCanceling={isCanceling}
          label={`Progress of change ${shortHash(jobId)}`}
        />
      )}
    </li>
  );
}

const shortOutcome = (title: string | undefined): string => title ?? '';
