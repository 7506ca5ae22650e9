// A page of its own, which a test opens as a second tab: the job that its address names.
import { HttpJobClient } from '@offstage/http/client';
import { createRoot } from 'react-dom/client';
import { JobsProvider } from '../jobs-provider.ts';
import { useJobProgress } from '../use-job-progress.ts';

const { searchParams } = new URL(import.meta.url);
const client = new HttpJobClient({ baseUrl: searchParams.get('jobs') ?? '' });

function Tab({ id }: { readonly id: string }) {
  const { status, percent, isCanceling, cancel } = useJobProgress(id);
  return (
    <>
      <p>{[status ?? 'pending', percent ?? '-', isCanceling ? 'canceling' : ''].join(' ')}</p>
      <button type="button" onClick={() => cancel()}>
        Cancel
      </button>
    </>
  );
}

createRoot(document.body.appendChild(document.createElement('main'))).render(
  <JobsProvider client={client}>
    <Tab id={searchParams.get('id') ?? ''} />
  </JobsProvider>,
);
