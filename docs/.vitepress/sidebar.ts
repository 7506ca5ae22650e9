import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { docs } from './places.ts';

interface Group {
  readonly text: string;
  readonly pages: readonly string[];
  /** A folder whose other pages come last, so that a page that nobody listed is found all the same. */
  readonly others?: string;
  readonly collapsed?: boolean;
}

/** In the order in which a newcomer asks. A page that is not there is left out. */
const groups: readonly Group[] = [
  { text: 'Start', pages: ['start/what-it-is.md', 'start/ten-minutes.md'] },
  {
    text: 'Concepts',
    pages: [
      'concepts/life-of-a-job.md',
      'concepts/owners.md',
      'concepts/progress.md',
      'concepts/commit.md',
      'concepts/platforms.md',
      'glossary.md',
    ],
    others: 'concepts',
  },
  {
    text: 'Guides',
    pages: [
      'guide/jobs.md',
      'guide/worker-threads.md',
      'guide/retries.md',
      'guide/order-limits-schedules.md',
      'guide/jobs-that-survive.md',
      'guide/many-machines.md',
      'scale.md',
      'guide/snapshots.md',
      'guide/snapshots-command-line.md',
      'guide/http.md',
      'guide/polling-or-streaming.md',
      'guide/uploads.md',
      'guide/many-jobs.md',
      'guide/bundlers-and-deployment.md',
      'guide/development.md',
      'guide/testing.md',
      'guide/owners-and-security.md',
      'guide/operations.md',
      'guide/troubleshooting.md',
    ],
    others: 'guide',
  },
  {
    text: 'Frameworks',
    pages: [
      'guide/react.md',
      'guide/svelte.md',
      'guide/vue.md',
      'guide/solid.md',
      'frameworks/without-a-framework.md',
      'frameworks/nuxt.md',
      'frameworks/react-router.md',
      'frameworks/servers.md',
    ],
    others: 'frameworks',
  },
  { text: 'Comparison', pages: ['comparison.md', 'measurements.md', 'guide/crash-results.md'] },
  { text: 'Reference', pages: [], others: 'api' },
  {
    text: 'Project',
    pages: ['project/versions-and-support.md', 'project/changelog.md', 'security.md'],
  },
  {
    text: 'Promises',
    pages: ['specs/README.md', 'traceability.md'],
    others: 'specs',
    collapsed: true,
  },
  { text: 'Decisions', pages: ['adr/README.md'], others: 'adr', collapsed: true },
];

export interface SidebarPage {
  readonly text: string;
  readonly file: string;
  readonly link: string;
}

export interface SidebarGroup {
  readonly text: string;
  readonly items: readonly SidebarPage[];
  readonly collapsed?: boolean;
}

/** The groups with the pages that there are, titled by their first heading. */
export function sidebar(): SidebarGroup[] {
  const listed = new Set(groups.flatMap(({ pages }) => pages));
  return groups
    .map(({ text, pages, others, collapsed }) => ({
      text,
      items: [
        ...pages.filter((page) => existsSync(path.join(docs, page))),
        ...(others === undefined ? [] : pagesBelow(others).filter((page) => !listed.has(page))),
      ].map(pageOf),
      ...(collapsed !== undefined && { collapsed }),
    }))
    .filter(({ items }) => items.length > 0);
}

function pagesBelow(folder: string): string[] {
  const below = path.join(docs, folder);
  if (!existsSync(below)) return [];
  return readdirSync(below, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => `${folder}/${name.split(path.sep).join('/')}`)
    .sort();
}

function pageOf(file: string): SidebarPage {
  const text = readFileSync(path.join(docs, file), 'utf8');
  const [, title = path.basename(file, '.md')] = /^# (.+)$/m.exec(text) ?? [];
  const link = `/${file.replace(/\.md$/, '').replace(/(?<=^|\/)(README|index)$/, '')}`;
  return { text: title.replaceAll('`', '').replaceAll('\\', ''), file, link };
}
