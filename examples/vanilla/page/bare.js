// No library and no build: the requests, and the stream of one job, as the guide of HTTP describes them.
const element = (id) => document.getElementById(id);
const [print, cancel, progress, status] = ['print', 'cancel', 'progress', 'status'].map(element);
const post = (path, body) =>
  fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

print.addEventListener('click', async () => {
  print.disabled = true;
  try {
    const response = await post('/jobs/book.print', { input: { pages: 60 } });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.title);
    follow(answer.id);
  } catch (error) {
    status.textContent = `It could not be started: ${error.message}`;
    print.disabled = false;
  }
});

function follow(id) {
  // It connects again by itself, and the server goes on after the last event that it has seen.
  const events = new EventSource(`/jobs/${id}/events`);
  cancel.onclick = () => {
    cancel.disabled = true;
    post(`/jobs/${id}/cancel`, {}).catch(() => {
      cancel.disabled = false;
    });
  };
  const show = (job, text) => {
    const isActive = job !== undefined && job.endedAt === null;
    print.disabled = isActive;
    progress.hidden = cancel.hidden = !isActive;
    cancel.disabled = isActive && job.cancelRequested;
    if (job?.progress?.percent != null) progress.value = job.progress.percent;
    status.textContent = text;
    // Also at the end: an EventSource takes the end of a stream for a connection that was lost.
    if (!isActive) events.close();
  };
  events.onmessage = ({ data }) => {
    const { job } = JSON.parse(data);
    show(job, textOf(job));
  };
  events.onerror = () => {
    // Whatever was answered with no stream is not asked again: the job is not there any more.
    if (events.readyState === EventSource.CLOSED) show(undefined, textOf(undefined));
    else status.textContent = 'No connection, trying again';
  };
}

function textOf(job) {
  if (job === undefined) return 'This job is gone: the server was started anew. Print it again.';
  const { status, result, failure } = job;
  if (status === 'succeeded')
    return `Published ${result.pages} pages as version ${result.version}.`;
  if (status === 'canceled') return 'Canceled: nothing was published.';
  if (status === 'failed') return `It failed: ${failure.message}`;
  return job.progress?.message ?? '';
}

const { version } = await (await fetch('/current')).json();
element('published').textContent =
  version === null ? 'Nothing is published yet.' : `Published: version ${version}`;
// Whoever loads the page again goes on where they were.
const { jobs } = await (await fetch('/jobs?name=book.print&limit=1')).json();
print.disabled = false;
if (jobs.length > 0) follow(jobs[0].id);
