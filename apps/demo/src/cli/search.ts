import { OffstageError, PublicError } from '@offstage/core';
import type { Staleness } from '../corpus/staleness.ts';
import { type DocumentHit, type SearchAnswer, search } from '../search/search.ts';
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
    const { dataFolder, query, check, limit, page, kinds, folder, language } = args;
    const options = { limit, page, kinds, folder, language };
    const answer = await search(dataFolder, query, { ...options, checkStaleness: check });
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

function asText({ query, limit }: SearchArguments, answer: SearchAnswer): string {
  const { version, metadata, documents, total, page, matched, near } = answer;
  const first = (page - 1) * limit + 1;
  const some = total.documents > documents.length && documents.length > 0;
  const which = some ? `${first} to ${first + documents.length - 1} of ` : '';
  const found =
    total.documents === 0
      ? 'nothing found'
      : `${which}${count(total.documents, 'document')} (${count(total.passages, 'passage')})`;
  const lines = [
    `${visible(query)}: ${found} in version ${style('bold', version)} (${count(metadata.documents, 'document')})`,
  ];
  if (matched === 'any' && documents.length > 0) {
    lines.push('No passage holds all of these words; these hold some of them.');
  }
  for (const { word, near: words } of near) {
    const others = words.length === 0 ? '' : ` Near it: ${words.map(visible).join(', ')}.`;
    lines.push(`"${visible(word)}" is in no document.${others}`);
  }
  for (const [at, document] of documents.entries())
    lines.push('', ...hitLines(first + at, document));
  if (answer.staleness?.stale) {
    lines.push(
      '',
      style('yellow', `${describe(answer.staleness)} Ingest again to search what is there now.`),
    );
  }
  return lines.join('\n');
}

function hitLines(number: number, { title, path, passages, hits }: DocumentHit): string[] {
  const more = passages > hits.length ? `, ${count(passages, 'passage')}` : '';
  const lines = [
    `${number}. ${style('bold', visible(title))}`,
    `   ${style('dim', `${visible(path)}${more}`)}`,
  ];
  for (const { heading, snippet } of hits) {
    const text = snippet
      .map(({ text, match }) =>
        match ? style(['bold', 'underline'], visible(text)) : visible(text),
      )
      .join('');
    lines.push(`   ${heading === '' ? '' : `${style('dim', visible(heading))}: `}${text}`);
  }
  return lines;
}

function describe(staleness: Staleness): string {
  const { folderMissing, settingsChanged, added, changed, removed, outdated } = staleness;
  if (folderMissing) return 'The folder that this was made of is not there any more.';
  const parts = [
    added > 0 ? `${added} added` : '',
    changed > 0 ? `${changed} changed` : '',
    removed > 0 ? `${removed} removed` : '',
  ].filter((part) => part !== '');
  if (parts.length > 0) return `Stale: documents were changed since (${parts.join(', ')}).`;
  if (settingsChanged) return 'Stale: the settings were changed since.';
  return outdated > 0
    ? `Stale: ${count(outdated, 'file')} can be read better by now than when it was made.`
    : '';
}

// Last, for everything above is to be there when it runs.
process.exitCode = await main();
