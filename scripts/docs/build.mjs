// The site, whole: reference, pages, search, `llms.txt`, and a look at every link.
//   npm run docs                builds it into docs/.vitepress/dist
//   npm run docs -- --serve     and serves what was built
//   npm run docs -- --watch     serves the pages while they are written
import path from 'node:path';
import { build, createServer, serve } from 'vitepress';
import { root } from '../setup.mjs';
import { writeChanges } from './changes.mjs';
import { deadLinks } from './dead-links.mjs';
import { writeExamples } from './examples.mjs';
import { writeForMachines } from './llms.mjs';
import { copyMermaid } from './mermaid.mjs';
import { writeReference } from './reference.mjs';

const docs = path.join(root, 'docs');
const site = path.join(docs, '.vitepress', 'dist');
const asked = process.argv[2];

writeChanges();
writeExamples();
copyMermaid();
if (!(await writeReference())) process.exit(1);

if (asked === '--watch') {
  const server = await createServer(docs);
  await server.listen();
  server.printUrls();
} else {
  await build(docs);
  await writeForMachines(site);
  const dead = deadLinks(site, process.env.OFFSTAGE_DOCS_BASE ?? '/');
  for (const { page, href, problem } of dead) console.error(`${page}: ${href} ${problem}`);
  if (dead.length > 0) process.exit(1);
  console.log(path.relative(process.cwd(), site));
  if (asked === '--serve') await serve({ root: docs, base: process.env.OFFSTAGE_DOCS_BASE });
  // What Vite keeps open is of no use any more.
  else process.exit(0);
}
