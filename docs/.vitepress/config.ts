import { defineConfig } from 'vitepress';
import { placeOf } from './places.ts';
import { repository } from './repository.ts';
import { sidebar } from './sidebar.ts';

/** What a page is known to be within while it is rendered. */
interface Environment {
  readonly realPath?: string;
  readonly path?: string;
}

// Where a host serves the site below a path, as GitHub Pages does.
const base = process.env.OFFSTAGE_DOCS_BASE ?? '/';

export default defineConfig({
  title: 'Offstage',
  description:
    'Long work for TypeScript applications: background jobs, live progress, safe cancel, results published all at once.',
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}favicon.svg` }]],
  // Included by the changelog.
  srcExclude: ['project/changes.md'],
  rewrites: { ':folder/README.md': ':folder/index.md' },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start/ten-minutes' },
      { text: 'Guides', link: '/guide/' },
      { text: 'Comparison', link: '/comparison' },
      { text: 'Reference', link: '/api/' },
    ],
    sidebar: sidebar().map(({ items, ...group }) => ({ ...group, items: [...items] })),
    outline: [2, 3],
    search: { provider: 'local', options: { _render: renderForSearch } },
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' },
  },
  markdown: {
    // As on the repository's host, so that a link to a heading holds in both places.
    anchor: { slugify: slugOf },
    config(md) {
      const fence = md.renderer.rules.fence;
      md.renderer.rules.fence = (tokens, index, options, env, self) => {
        const token = tokens[index];
        if (token?.info.trim() === 'mermaid') {
          return `<MermaidPicture source="${encodeURIComponent(token.content)}" />`;
        }
        return fence?.(tokens, index, options, env, self) ?? '';
      };
      // Before VitePress turns links into those of the built site, and looks for dead ones.
      md.core.ruler.push('places', ({ tokens, env }) => {
        const { realPath, path } = env as Environment;
        const page = realPath ?? path;
        if (page === undefined) return;
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === 'link_open' && token.attrGet('href');
          if (href) token.attrSet('href', placeOf(href, page));
        }
      });
    },
  },
  vite: {
    build: { chunkSizeWarningLimit: 1500, reportCompressedSize: false },
  },
});

/** What the search looks through: the pages that people read, not the tables that tools make. */
function renderForSearch(
  source: string,
  env: { readonly relativePath: string; readonly frontmatter?: { readonly search?: boolean } },
  md: { readonly options: { highlight?: unknown }; render(source: string, env: object): string },
): string {
  if (env.relativePath === 'traceability.md') return '';
  // Words are looked for, so code needs no colours, which take most of the time.
  const { highlight } = md.options;
  md.options.highlight = undefined;
  const html = md.render(source, env);
  md.options.highlight = highlight;
  return env.frontmatter?.search === false ? '' : html;
}

function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation}\- ]/gu, '')
    .replaceAll(' ', '-');
}
