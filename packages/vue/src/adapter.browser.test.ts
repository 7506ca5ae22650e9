import type { JobClient } from '@offstage/core';
import {
  type Component,
  createApp,
  createSSRApp,
  defineComponent,
  h,
  KeepAlive,
  nextTick,
  type PropType,
  shallowRef,
  toValue,
} from 'vue';
import { renderToString } from 'vue/server-renderer';
import { type AdapterProps, adapterSuite, served } from '../../../scripts/browser/adapter-suite.ts';
import { ingest } from '../../../scripts/browser/stage-jobs.ts';
import { provideJobs, useJobProgress, useStartJob } from './index.ts';

const Page: Component = defineComponent({
  props: {
    id: String,
    options: { type: Object as PropType<AdapterProps['options']>, default: () => ({}) },
    note: Function as PropType<Parameters<Parameters<typeof adapterSuite>[0]['mount']>[1]>,
  },
  setup(props) {
    const progress = useJobProgress(
      () => props.id,
      () => props.options,
    );
    return () => {
      const state = Object.fromEntries(
        Object.entries(progress).map(([key, value]) => [
          key,
          typeof value === 'function' ? value : toValue(value),
        ]),
      ) as never;
      props.note?.({ id: props.id, state });
      return [h('p', progress.status.value), h('p', progress.message.value)];
    };
  },
});

const Start: Component = defineComponent({
  setup() {
    const { start, isPending } = useStartJob(ingest);
    return () =>
      h('button', { disabled: isPending.value, onClick: () => void start({ files: 1 }) }, 'Ingest');
  },
});

/** A root that gives the client to what it renders. */
const rootOf = (client: JobClient, render: () => ReturnType<typeof h>) =>
  defineComponent({
    setup() {
      provideJobs(client);
      return render;
    },
  });

adapterSuite({
  name: 'Vue',
  async mount({ client, id, options }, note, twice) {
    const [shown, isActive] = [shallowRef(id), shallowRef(true)];
    const page = () => (isActive.value ? h(Page, { id: shown.value, options, note }) : undefined);
    const target = document.body.appendChild(document.createElement('div'));
    const app = createApp(rootOf(client, () => h(KeepAlive, null, page)));
    app.mount(target);
    if (twice) {
      isActive.value = false;
      await nextTick();
      isActive.value = true;
      await nextTick();
    }
    return {
      async show(next) {
        shown.value = next;
        await nextTick();
      },
      unmount() {
        app.unmount();
        target.remove();
      },
    };
  },
  mountMany({ client, options }, ids) {
    const target = document.body.appendChild(document.createElement('div'));
    const pages = () =>
      h(
        'main',
        ids.map((id) => h(Page, { id, options })),
      );
    const app = createApp(rootOf(client, pages));
    app.mount(target);
    return { unmount: () => app.unmount() };
  },
  mountStart(client) {
    const target = document.body.appendChild(document.createElement('div'));
    const app = createApp(rootOf(client, () => h(Start)));
    app.mount(target);
    return {
      target,
      unmount() {
        app.unmount();
        target.remove();
      },
    };
  },
  async hydrate({ client, id, options }) {
    const app = () => createSSRApp(rootOf(client, () => h('main', h(Page, { id, options }))));
    const { clear, target, ...page } = served(await renderToString(app()));
    const hydrated = app();
    hydrated.mount(target);
    return {
      target,
      ...page,
      unmount() {
        hydrated.unmount();
        clear();
      },
    };
  },
});
