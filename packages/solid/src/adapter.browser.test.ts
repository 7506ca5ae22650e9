import type { JobClient } from '@offstage/core';
import {
  createComponent,
  createRenderEffect,
  createSignal,
  type JSX,
  sharedConfig,
} from 'solid-js';
import { getNextElement, hydrate, insert, render, template } from 'solid-js/web';
import {
  type AdapterProps,
  type AdapterRender,
  adapterSuite,
  served,
} from '../../../scripts/browser/adapter-suite.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import pending from '../fixtures/pending.txt?raw';
import running from '../fixtures/running.txt?raw';
import { JobsProvider, useJobProgress, useStartJob } from './index.ts';

interface PageProps extends Omit<AdapterProps, 'client'> {
  readonly note?: (render: AdapterRender) => void;
}

const paragraph = template('<p></p>');

/** As Solid's compiler writes it: an element that the server sent, or a new one, with a text that follows. */
function paragraphOf(text: () => string | undefined): Element {
  const element = getNextElement(paragraph);
  insert(element, text);
  return element;
}

function Page(props: PageProps): JSX.Element {
  const progress = useJobProgress(
    () => props.id,
    () => props.options ?? {},
  );
  createRenderEffect(() => props.note?.({ id: props.id, state: { ...progress } }));
  return [paragraphOf(() => progress.status), paragraphOf(() => progress.message)];
}

function Start(): JSX.Element {
  const ingesting = useStartJob(ingest);
  const button = document.createElement('button');
  button.onclick = () => void ingesting.start({ files: 1 });
  createRenderEffect(() => {
    button.disabled = ingesting.isPending;
  });
  return button;
}

const provided = (client: JobClient, children: () => JSX.Element): JSX.Element =>
  createComponent(JobsProvider, {
    client,
    get children() {
      return children();
    },
  });

const newTarget = (): HTMLElement => document.body.appendChild(document.createElement('div'));

adapterSuite({
  name: 'Solid',
  mount({ client, id, options = {} }, note, twice) {
    const [shown, show] = createSignal(id);
    const page = () =>
      createComponent(Page, {
        get id() {
          return shown();
        },
        options,
        note,
      });
    const target = newTarget();
    const mount = () => render(() => provided(client, page), target);
    if (twice) mount()();
    const unmount = mount();
    return { show: (next) => void show(next), unmount };
  },
  mountMany({ client, options = {} }, ids) {
    const pages = () => ids.map((id) => createComponent(Page, { id, options }));
    return { unmount: render(() => provided(client, pages), newTarget()) };
  },
  mountStart(client) {
    const target = newTarget();
    const page = () => createComponent(Start, {});
    return { target, unmount: render(() => provided(client, page), target) };
  },
  hydrate({ client, id, options = {} }) {
    const { clear, ...page } = served(options.initialData === undefined ? pending : running);
    const shown = () => createComponent(Page, { id, options });
    beginHydration();
    const unmount = hydrate(() => provided(client, shown), page.target);
    return {
      ...page,
      unmount() {
        unmount();
        clear();
      },
    };
  },
});

/** What the script does that Solid has every server's page begin with: `generateHydrationScript`. */
function beginHydration(): void {
  const page = { events: [], completed: new WeakSet(), r: {}, fe() {} };
  Object.assign(globalThis, { _$HY: page });
  // Of the page before this one, which was not another document.
  sharedConfig.done = false;
}
