// Follows pages of the site to the letter, from an empty folder: their files, their commands.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';
import { run } from './processes.mjs';

const tenMinutes = 'start/ten-minutes.md';

/** By name: the pages of the site that lead to a page of one's own. */
export const walks = {
  'ten-minutes': [tenMinutes],
  'page-in-react': [tenMinutes, 'guide/react.md'],
  'page-in-svelte': [tenMinutes, 'guide/svelte.md'],
  'page-in-vue': [tenMinutes, 'guide/vue.md'],
  'page-in-solid': [tenMinutes, 'guide/solid.md'],
};

/** Does what the pages say up to the start of the server, and gives the folder and that command. */
export async function walk(name, folder, tarballs) {
  mkdirSync(folder);
  const [first, guide] = walks[name].map((page) =>
    readFileSync(path.join(root, 'docs', page), 'utf8'),
  );
  // A guide takes the place of the fifth step, and of the commands after it.
  const [before = ''] = first.split(/^(?=## 5\. )/m);
  const [section = ''] = guide?.match(/^## A page from nothing\n[\s\S]*?(?=^## )/m) ?? [];
  const text = guide === undefined ? first : before + section;
  const project = path.join(folder, 'report');
  let server;
  for (const [, language, block = ''] of text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const [, file, content] = /^(?:\/\/|<!--) (\S+\.\w+)(?: -->)?\n([\s\S]*)$/.exec(block) ?? [];
    if (file !== undefined) writeFileSync(path.join(project, file), content);
    else if (language === 'json') writeFileSync(path.join(project, 'tsconfig.json'), block);
    else if (language === 'sh') {
      const lines = block.trim().split('\n');
      server = lines.find((line) => line.startsWith('node '));
      const cwd = lines.some((line) => line.includes('mkdir')) ? folder : project;
      const commands = lines.filter((line) => line !== server);
      await run('sh', ['-ec', withTarballs(commands, tarballs).join('\n')], cwd);
    }
  }
  return { project, server };
}

/** The packages as they would be published stand in for the published ones. */
const withTarballs = (commands, tarballs) =>
  commands.map((line) => line.replaceAll(/@offstage\/[\w-]+/g, (name) => tarballs[name] ?? name));

/** What the page of each walk does. */
export async function driveReport(page) {
  const status = page.getByRole('status');
  const build = page.getByRole('button', { name: 'Build' });
  await build.click();
  await status.getByText(/^Page \d+ of 100$/).waitFor();
  await page.reload();
  await status.getByText(/^Page \d+ of 100$/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await status.getByText('Canceled, nothing was published.').waitFor();
  await build.click();
  await page.getByRole('link', { name: 'Read it' }).click();
  await page.getByRole('heading', { name: 'Page 1' }).waitFor();
  await page.goBack();
  await build.click();
  await status.getByText(/^Page \d+ of 100$/).waitFor();
}
