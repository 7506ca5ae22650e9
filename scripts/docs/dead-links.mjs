// Looks at every link and picture of the built site, anchors included. Links to other hosts are not followed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What leads nowhere: `{ page, href, problem }`. */
export function deadLinks(site, base) {
  const pages = readdirSync(site, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('.html') && file !== '404.html');
  const anchors = new Map();
  const texts = new Map(pages.map((page) => [page, readFileSync(path.join(site, page), 'utf8')]));
  for (const [page, text] of texts) {
    anchors.set(page, new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => decode(id))));
  }
  return [...texts].flatMap(([page, text]) =>
    [...new Set([...text.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, href]) => decode(href)))]
      .map((href) => ({ page, href, problem: problemOf(href, page) }))
      .filter(({ problem }) => problem !== undefined),
  );

  function problemOf(href, page) {
    if (/^(?:[a-z]+:|\/\/)/i.test(href)) return undefined;
    const { pathname, hash } = new URL(href, `http://site${base}${page}`);
    if (!pathname.startsWith(base)) return 'is outside of the site';
    const file = decodeURIComponent(pathname.slice(base.length)).replace(
      /(?<=^|\/)$/,
      'index.html',
    );
    if (!existsSync(path.join(site, file))) return 'is not there';
    const id = decodeURIComponent(hash.slice(1));
    if (id === '' || !anchors.has(file) || anchors.get(file).has(id)) return undefined;
    return 'names no heading';
  }
}

const decode = (text) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
