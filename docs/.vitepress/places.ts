import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { repository } from './repository.ts';

export const docs = path.resolve(import.meta.dirname, '..');
const root = path.dirname(docs);

/**
 * What a link of a page leads to on the site. Pages are written for whoever reads them in the repository, too:
 * they name files and folders from where they stand. A file that is no page of the site is shown by the
 * repository's host. One that is not there at all is an error.
 */
export function placeOf(href: string, page: string): string {
  if (/^([a-z]+:|\/|#)/i.test(href)) return href;
  const [, name = '', rest = ''] = /^([^?#]*)(.*)$/s.exec(href) ?? [];
  const file = path.resolve(path.dirname(page), decodeURIComponent(name));
  if (!existsSync(file)) throw new Error(`${path.relative(root, page)}: ${href} is not there.`);
  const isFolder = statSync(file).isDirectory();
  const inside = path.relative(docs, file).split(path.sep).join('/');
  const isPage = isFolder ? existsSync(path.join(file, 'README.md')) : file.endsWith('.md');
  if (!inside.startsWith('..') && isPage) {
    return `/${isFolder ? `${inside}/` : inside.replace(/README\.md$/, '')}${rest}`;
  }
  const place = path.relative(root, file).split(path.sep).join('/');
  return `${repository}/${isFolder ? 'tree' : 'blob'}/main/${place}${rest}`;
}
