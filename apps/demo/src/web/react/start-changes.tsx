import { useStartJob } from '@offstage/react';
import { useEffect } from 'react';
import { change } from '../../change/change-job.ts';
import { useApp } from './app-context.ts';

/** Lends the pending change the hook's way to start jobs. */
export function StartChanges() {
  const app = useApp();
  const { start } = useStartJob(change);
  useEffect(() => app.change.connect(start), [app, start]);
  return null;
}
