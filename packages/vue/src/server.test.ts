import { expect, test } from 'vitest';
import { createSSRApp, h } from 'vue';
import { renderToString } from 'vue/server-renderer';
import { stage } from '../../../scripts/browser/stage.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import { jobsPlugin, useActivity, useJobProgress, useJobs, useStartJob } from './index.ts';

test('U6 a server renders the pending state, and asks nothing', async () => {
  const { client, poller, play } = stage();
  const { id } = await play();
  const app = createSSRApp({
    setup() {
      const progress = useJobProgress(id);
      const { jobs } = useJobs();
      const { activity } = useActivity();
      const { status } = useStartJob(ingest);
      const words = () => [
        progress.isPending.value,
        progress.percent.value,
        jobs.value.length,
        activity.value?.running,
        status.value,
      ];
      return () => h('p', JSON.stringify(words()));
    },
  });
  const html = await renderToString(app.use(jobsPlugin, { client }));
  expect(html).toBe('<p>[true,null,0,null,&quot;idle&quot;]</p>');
  expect([client.polls, client.watchers, poller.size]).toEqual([[], 0, 0]);
});

test('U6 a server renders initialData', async () => {
  const { client, play } = stage();
  const job = await play();
  job.report({ phase: 'index', percent: 55 });
  const [initialData, list] = [await client.get(job.id), await client.list()];
  const app = createSSRApp({
    setup() {
      const { percent, phase } = useJobProgress(job.id, { initialData, client });
      const { jobs } = useJobs({}, { initialData: list, client });
      return () => h('p', `${percent.value} ${phase.value} ${jobs.value.length}`);
    },
  });
  expect(await renderToString(app)).toBe('<p>55 index 1</p>');
});

test('U1 without a client the error says what to do', async () => {
  const app = createSSRApp({ setup: () => useJobProgress('a') });
  await expect(renderToString(app)).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining('provideJobs(client)'),
  });
});
