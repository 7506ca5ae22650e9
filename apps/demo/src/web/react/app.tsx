import { JobsProvider } from '@offstage/react';
import type { DocumentsApp } from '../shared/documents-app.ts';
import { AppContext } from './app-context.ts';
import { CurrentJob } from './current-job.tsx';
import { Frame } from './frame/frame.tsx';
import { StartChanges } from './start-changes.tsx';
import { WatchEnds } from './watch-ends.tsx';

export function App({ app }: { app: DocumentsApp }) {
  return (
    <AppContext value={app}>
      <JobsProvider client={app.jobs}>
        <StartChanges />
        <WatchEnds />
        <CurrentJob>
          <Frame />
        </CurrentJob>
      </JobsProvider>
    </AppContext>
  );
}
