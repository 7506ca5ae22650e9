import type { Look } from './folder-loop.ts';

/** When a look at a watched folder is worth another one, by the code of its failure. */
export function whenAgain(code: string): Look['again'] {
  switch (code) {
    // Unmounted, renamed or removed, held by another, or begun this moment: when that ends is not heard.
    case 'folder_not_found':
    case 'not_a_folder':
    case 'unsettled':
    case 'locked':
      return 'soon';
    // There is nothing in it to be read, until something happens.
    case 'no_documents':
    case 'nothing_readable':
      return undefined;
    default:
      return 'later';
  }
}
