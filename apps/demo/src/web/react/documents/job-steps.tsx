import type { JobView } from '@offstage/core';
import { stepsOf } from '../../shared/job-words.ts';

export const JobSteps = ({ job }: { job: JobView }) => (
  <ol className="steps" aria-label="Steps">
    {stepsOf(job.phases, job.progress?.phase, job.status).map(({ phase, label, state }) => (
      <li
        key={phase}
        className={`step step--${state}`}
        aria-current={state === 'now' ? 'step' : undefined}
      >
        {label}
        {state === 'done' && <span className="hidden-visually">, done</span>}
      </li>
    ))}
  </ol>
);
