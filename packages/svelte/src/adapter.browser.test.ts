import { flushSync, hydrate, unmount } from 'svelte';
import { render } from 'vitest-browser-svelte';
import { adapterSuite, served } from '../../../scripts/browser/adapter-suite.ts';
import Adapter from '../fixtures/adapter.svelte';
import pending from '../fixtures/progress.pending.txt?raw';
import running from '../fixtures/progress.running.txt?raw';
import Progress from '../fixtures/progress.svelte';

adapterSuite({
  name: 'Svelte',
  async mount({ client, id, options = {} }, note, twice) {
    const page = () => render(Adapter, { client, ids: [id], options, note });
    if (twice) await (await page()).unmount();
    const { rerender, unmount } = await page();
    return { show: (id) => rerender({ ids: [id] }), unmount };
  },
  mountMany: async ({ client, options = {} }, ids) => render(Adapter, { client, ids, options }),
  hydrate({ client, id, options = {} }) {
    const { clear, ...page } = served(options.initialData === undefined ? pending : running);
    const props = { client, jobId: id, options };
    const shown = hydrate(Progress, { target: page.target, props });
    flushSync();
    return {
      ...page,
      async unmount() {
        await unmount(shown);
        clear();
      },
    };
  },
});
