import { OffstageError, PublicError } from '@offstage/core';
import { type SearchAnswer, type SearchHit, search } from '../search.ts';
import type { Staleness } from '../staleness.ts';
import { readSearchArguments, type SearchArguments, searchUsage, UsageError } from './arguments.ts';
import { count, styler, visible } from './terminal-text.ts';

process.stdout.on('error', () => {});

async function main(): Promise<number> {
  let json = false;
  try {
    const args = readSearchArguments(process.argv.slice(2));
    if (args === 'help') {
      console.log(searchUsage);
      return 0;
    }
    json = args.json;
    const { dataFolder, query, limit, check } = args;
    const answer = await search(dataFolder, query, { limit, checkStaleness: check });
    console.log(json ? JSON.stringify(answer) : asText(args, answer));
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${searchUsage}`);
      return 1;
    }
    if (!PublicError.isInstance(error) && !OffstageError.isInstance(error)) throw error;
    const { code, message } = error;
    if (json) console.log(JSON.stringify({ event: 'failed', code, message }));
    else console.error(`${styler(process.stderr)('red', 'Failed')}: ${visible(message)} [${code}]`);
    return 1;
  }
}

const style = styler(process.stdout);

function asText({ query }: SearchArguments, answer: SearchAnswer): string {
  const { version, metadata, hits, matched } = answer;
  const found = hits.length === 0 ? 'nothing found' : count(hits.length, 'passage');
  const lines = [
    `${visible(query)}: ${found} in version ${style('bold', version)} (${count(metadata.documents, 'document')})`,
  ];
  if (matched === 'any' && hits.length > 0) {
    lines.push('No passage holds all of these words; these hold some of them.');
  }
  for (const [index, hit] of hits.entries()) lines.push('', ...hitLines(index + 1, hit));
  if (answer.staleness?.stale) {
    lines.push(
      '',
      style('yellow', `${describe(answer.staleness)} Ingest again to search what is there now.`),
    );
  }
  return lines.join('\n');
}

function hitLines(number: number, { title, path, heading, snippet }: SearchHit): string[] {
  const where = heading === '' ? visible(path) : `${visible(path)}, ${visible(heading)}`;
  const text = snippet
    .map(({ text, match }) => (match ? style(['bold', 'underline'], visible(text)) : visible(text)))
    .join('');
  return [`${number}. ${style('bold', visible(title))}`, `   ${style('dim', where)}`, `   ${text}`];
}

function describe({ folderMissing, settingsChanged, added, changed, removed }: Staleness): string {
  if (folderMissing) return 'The folder that this was made of is not there any more.';
  const parts = [
    added > 0 ? `${added} added` : '',
    changed > 0 ? `${changed} changed` : '',
    removed > 0 ? `${removed} removed` : '',
  ].filter((part) => part !== '');
  if (parts.length > 0) return `Stale: documents were changed since (${parts.join(', ')}).`;
  return settingsChanged ? 'Stale: the settings were changed since.' : '';
}

// Last, for everything above is to be there when it runs.
process.exitCode = await main();
