import { type ComponentProps, flushSync, hydrate, mount, unmount } from 'svelte';
import { render } from 'vitest-browser-svelte';
import { adapterSuite, served } from '../../../scripts/browser/adapter-suite.ts';
import Adapter from '../fixtures/adapter.svelte';
import pending from '../fixtures/progress.pending.txt?raw';
import running from '../fixtures/progress.running.txt?raw';
import Progress from '../fixtures/progress.svelte';
import Start from '../fixtures/start.svelte';

adapterSuite({
  name: 'Svelte',
  async mount({ client, id, options = {} }, note, twice) {
    const page = () => render(Adapter, { client, ids: [id], options, note });
    if (twice) comeAndGo({ client, ids: [id], options, note });
    const { rerender, unmount } = await page();
    return { show: (id) => rerender({ ids: [id] }), unmount };
  },
  mountMany: async ({ client, options = {} }, ids) => render(Adapter, { client, ids, options }),
  async mountStart(client) {
    const { container, unmount } = await render(Start, { client });
    return { target: container, unmount };
  },
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

/** Within one turn, which the page's "render" is not: it leaves and looks at the page between. */
function comeAndGo(props: ComponentProps<typeof Adapter>): void {
  const target = document.createElement('div');
  const shown = mount(Adapter, { target, props });
  flushSync();
  void unmount(shown);
}
