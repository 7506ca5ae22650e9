import { StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { render } from 'vitest-browser-react';
import {
  type AdapterProps,
  type AdapterRender,
  adapterSuite,
  served,
} from '../../../scripts/browser/adapter-suite.ts';
import { JobsProvider, useJobProgress } from './index.ts';
import { Stage } from './testing/mount.tsx';

interface PageProps extends Omit<AdapterProps, 'client'> {
  readonly note?: ((render: AdapterRender) => void) | undefined;
}

function Page({ id, options, note }: PageProps) {
  const state = useJobProgress(id, options);
  note?.({ id, state });
  return (
    <>
      <p>{state.status}</p>
      <p>{state.message}</p>
    </>
  );
}

adapterSuite({
  name: 'React',
  async mount({ client, id, options = {} }, note, twice) {
    const tree = (id: string | undefined) => (
      <Stage client={client} strict={twice}>
        <Page id={id} options={options} note={note} />
      </Stage>
    );
    const { rerender, unmount } = await render(tree(id));
    return { show: (id) => rerender(tree(id)), unmount };
  },
  async mountMany({ client, options = {} }, ids) {
    const uses = ids.map((id, use) => ({ id, key: `${use} ${id}` }));
    return render(
      <Stage client={client}>
        {uses.map(({ id, key }) => (
          <Page key={key} id={id} options={options} />
        ))}
      </Stage>,
    );
  },
  hydrate({ client, id, options = {} }) {
    const tree = (
      <StrictMode>
        <JobsProvider client={client}>
          <Page id={id} options={options} />
        </JobsProvider>
      </StrictMode>
    );
    const { clear, problems, ...page } = served(renderToString(tree));
    const root = hydrateRoot(page.target, tree, {
      onRecoverableError: (error) => problems.push(error),
    });
    return {
      ...page,
      problems,
      unmount() {
        root.unmount();
        clear();
      },
    };
  },
});
