import { comparedWithBefore } from '../../cli/ingest-display.ts';
import { visible } from '../../cli/terminal-text.ts';
import type { FolderNews } from './watched-folder.ts';

/** What happens to a watched folder, for the terminal of whoever runs the server. */
export function folderWords(news: FolderNews): string {
  switch (news.event) {
    case 'published':
      return `Published ${news.result.version}: ${comparedWithBefore(news.result)}`;
    case 'unchanged':
      return 'The watched folder is as it was published.';
    case 'failed':
      return `The watched folder: ${visible(news.message)} [${news.code}]`;
    case 'waiting':
      return `${visible(news.path)} is being written to, and waits.`;
    case 'taken':
      return `${visible(news.path)} goes on being written to, and was taken as it was.`;
    case 'deaf':
      return `This system does not tell of all that happens in the folder (${news.code}), so it is looked at every few seconds.`;
  }
}
