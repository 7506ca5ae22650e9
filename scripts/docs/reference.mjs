// The API reference as pages of the site, one for each door of a package, in docs/api.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Application } from 'typedoc';
import { root } from '../setup.mjs';
import { doors } from './doors.mjs';

export const referenceFolder = path.join(root, 'docs', 'api');

/** False when something that is public is not described, or described wrongly; TypeDoc says what. */
export async function writeReference() {
  rmSync(referenceFolder, { recursive: true, force: true });
  const entries = doors();
  const app = await Application.bootstrapWithPlugins({
    options: path.join(root, 'typedoc.json'),
    entryPoints: entries.map(({ source }) => path.join(root, source)),
    out: referenceFolder,
    logLevel: 'Warn',
  });
  const project = await app.convert();
  if (project === undefined) return false;
  // TypeDoc names a module by its source. A reader knows it by what an import says.
  for (const { name, source } of entries) {
    const sourceName = source.replace(/^packages\//, '').replace(/(?:\/index)?\.ts$/, '');
    const module = project.children?.find((child) => child.name === sourceName);
    if (module === undefined) throw new Error(`TypeDoc has no module for ${name}.`);
    module.name = name;
  }
  app.validate(project);
  await app.generateOutputs(project);
  for (const { name } of entries) mendAnchors(path.join(referenceFolder, `${name}.md`));
  return !app.logger.hasErrors() && !app.logger.hasWarnings();
}

/**
 * A name that a class and its property make together (`OffstageError` and `code`) is counted as a heading
 * that is there already, so links to the real one are numbered.
 */
function mendAnchors(file) {
  const text = readFileSync(file, 'utf8');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title.toLowerCase());
  const isThere = (anchor) => headings.filter((title) => title === anchor).length > 1;
  writeFileSync(
    file,
    text.replaceAll(/\(#([a-z]+)-1\)/g, (link, anchor) =>
      isThere(anchor) ? link : `(#${anchor})`,
    ),
  );
}
