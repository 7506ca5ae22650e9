import type { Mermaid } from 'mermaid';
import { useData, withBase } from 'vitepress';
import { defineComponent, h, onMounted, ref, useId, watch } from 'vue';

/**
 * A block of Mermaid, drawn in the browser in the colours of the page. Until it is drawn, and where no script
 * runs, the source is shown, which can be read as well.
 */
export const MermaidPicture = defineComponent({
  props: { source: { type: String, required: true } },
  setup(props) {
    const source = decodeURIComponent(props.source);
    const id = `mermaid-${useId()}`;
    const svg = ref('');
    const { isDark } = useData();

    const draw = async (): Promise<void> => {
      const mermaid = await load();
      mermaid.initialize({
        startOnLoad: false,
        securityLevel: 'strict',
        theme: isDark.value ? 'dark' : 'neutral',
        fontFamily: 'inherit',
      });
      svg.value = (await mermaid.render(id, source)).svg;
    };
    onMounted(() => watch(isDark, draw, { immediate: true }));

    return () =>
      svg.value === ''
        ? h('pre', { class: 'mermaid-source' }, source)
        : h('div', { class: 'mermaid-picture', innerHTML: svg.value });
  },
});

/** It lies beside the site, and is not part of its bundles. */
const load = async (): Promise<Mermaid> => {
  const address = withBase('/mermaid/mermaid.esm.min.mjs');
  const { default: mermaid }: { default: Mermaid } = await import(/* @vite-ignore */ address);
  return mermaid;
};
