import { useJobProgress } from '@offstage/react';
import { change } from '../../../change/change-job.ts';
import { jobRow } from '../../shared/job-card.ts';
import { useApp } from '../app-context.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Badge } from '../parts/badge.tsx';
import { JobBar } from '../parts/job-bar.tsx';
import { useNow } from '../use-now.ts';

export function JobRow({ jobId }: { jobId: string }) {
  const { announcer } = useApp();
  const progress = useJobProgress(jobId, { definition: change });
  const { job, isActive, isCanceling, cancel, consume, availableAt } = progress;
  // Its count of seconds, and nothing else, moves with the time.
  const now = useNow(isActive && availableAt !== null);
  if (job === undefined) return null;
  const clear = async (): Promise<void> => {
    if (await consume()) announcer.say('Cleared');
  };
  const row = jobRow(job, { isCanceling, now, cancel, clear });
  return (
    <li className="card job-row">
      <div className="job-row-text">
        <div className="job-row-title">
          <h3>
            Change <code>{row.id}</code>
          </h3>
          <Badge tone={row.badge.tone}>{row.badge.text}</Badge>
        </div>
        <p className="small soft">{row.time}</p>
        {row.attempt !== '' && <p className="small">{row.attempt}</p>}
        <p className="small name">{row.line}</p>
        {row.note !== '' && <p className="small soft name">{row.note}</p>}
      </div>
      {row.actions.map((action) => (
        <ActionButton key={action.key} action={action} />
      ))}
      {isActive && <JobBar job={job} isCanceling={isCanceling} label={row.label} />}
    </li>
  );
}
