/*
 * What is in people's folders and is no document of theirs. No framework and no Node.js: the terminal and
 * the pages pass over the same.
 */

/**
 * A file or folder that a system or a program leaves beside people's own: settings of a folder's view,
 * previews, locks of what is open in an office program, trash. `name` is one part of a path.
 */
export function isLeftBySystem(name: string): boolean {
  return (
    /^(?:~\$|\._|\.~lock\.)/.test(name) || name === 'Icon\r' || systemNames.has(name.toLowerCase())
  );
}

/** A part of a path that is passed over in a folder: hidden, or left by a system. */
export const isPassedOver = (name: string): boolean => name.startsWith('.') || isLeftBySystem(name);

/** Beside one another in the folder of a snapshot store: its pointer and its lock. */
export const storeMarks = ['CURRENT', 'LOCK'] as const;

/** The store's folder in a data folder of this application. */
export const storeFolder = 'snapshots';

// In small letters: disks of systems that do not tell them from capitals are read by others that do.
const systemNames: ReadonlySet<string> = new Set([
  // Windows
  'desktop.ini',
  'thumbs.db',
  'thumbs.db:encryptable',
  'ehthumbs.db',
  'ehthumbs_vista.db',
  '$recycle.bin',
  'system volume information',
  'recycler',
  // macOS
  '.ds_store',
  '.localized',
  '__macosx',
  'network trash folder',
  'temporary items',
  // Linux, and storage on a network
  'lost+found',
  '@eadir',
  '#recycle',
  '.directory',
]);
