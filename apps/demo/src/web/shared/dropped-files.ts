import { isLeftBySystem, isPassedOver, storeFolder, storeMarks } from '../../corpus/passed-over.ts';
import type { ChosenFile, RefusedFile } from './chosen-file.ts';

/** What somebody chose or dropped. */
export interface ChosenFiles {
  readonly files: readonly ChosenFile[];
  /** What the browser could not read. */
  readonly unreadable: readonly RefusedFile[];
  /** Files and folders that nobody means to share; what is below them is not counted. */
  readonly passedOver: number;
}

/** Looks through what was dropped, until the signal is aborted. */
export type LookThrough = (signal: AbortSignal) => Promise<ChosenFiles>;

/** Of an `<input type="file">`, with or without `webkitdirectory`. */
export function filesOfInput(list: FileList): ChosenFiles {
  const nameOf = (file: File): string => file.webkitRelativePath || file.name;
  const files = [...list].map((content) => ({ name: nameOf(content), content }));
  return { ...withoutLeftovers(files), unreadable: [] };
}

/**
 * What was dropped, folders walked to the bottom. Has to be called before the drop event is over; what it
 * gives may be called later.
 */
export function filesOfDrop(transfer: DataTransfer): LookThrough {
  // Taken at once: the list is emptied after the event. What has no entry is a file of its own.
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const dropped = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  return async (signal) => {
    const found: Found = { files: [], unreadable: [], passedOver: 0 };
    for (const { entry, file } of dropped) {
      if (entry !== null) await walk(entry, found, signal);
      else if (file !== null) found.files.push({ name: file.name, content: file });
    }
    const { files, passedOver } = withoutLeftovers(found.files);
    return { ...found, files, passedOver: found.passedOver + passedOver };
  };
}

interface Found {
  readonly files: ChosenFile[];
  readonly unreadable: RefusedFile[];
  passedOver: number;
}

async function walk(entry: FileSystemEntry, found: Found, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const name = entry.fullPath.replace(/^\//, '');
  const refuse = (error: unknown): void =>
    void found.unreadable.push({ name, problem: unreadable(error, entry.isDirectory) });
  if (isFile(entry)) {
    try {
      found.files.push({ name, content: await fileOf(entry) });
    } catch (error) {
      refuse(error);
    }
  } else if (isFolder(entry)) {
    // What lies in a folder that is passed over is not even looked at.
    if (name.includes('/') && isPassedOver(entry.name)) {
      found.passedOver += 1;
      return;
    }
    const reader = entry.createReader();
    // A browser gives at most a hundred entries at a time.
    for (;;) {
      let some: FileSystemEntry[];
      try {
        some = await entriesOf(reader);
      } catch (error) {
        refuse(error);
        return;
      }
      if (some.length === 0) return;
      for (const inner of some) await walk(inner, found, signal);
    }
  }
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));
const entriesOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
  new Promise((resolve, reject) => reader.readEntries(resolve, reject));

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** Why something could not be read, by what the browser says of it. */
export function unreadable(error: unknown, isDirectory = false): RefusedFile['problem'] {
  const what = isDirectory ? 'The folder' : 'The file';
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const reasons: Readonly<Record<string, string>> = {
    NotFoundError: `${what} is gone.`,
    NotAllowedError: `The browser may not read ${what.toLowerCase()}.`,
    SecurityError: `The browser may not read ${what.toLowerCase()}.`,
    NotReadableError: isDirectory
      ? 'The browser cannot read the folder, so nothing in it was taken.'
      : 'The file cannot be read: it was changed or removed meanwhile, or reading it is not allowed.',
  };
  const message = reasons[name] ?? `The browser cannot read ${what.toLowerCase()}.`;
  return { code: 'unreadable', message };
}

/** A file that is chosen by itself is meant, unless a system has made it. */
function withoutLeftovers(files: readonly ChosenFile[]): Pick<ChosenFiles, 'files' | 'passedOver'> {
  const dataFolders = dataFoldersAmong(files);
  const passedOver = new Set<string>();
  const kept = files.filter(({ name }) => {
    const parts = name.split('/');
    const isAlone = parts.length === 1;
    // The folder that was chosen is meant, however it is called.
    const at = parts.findIndex((part, index) =>
      isAlone ? isLeftBySystem(part) : index > 0 && isPassedOver(part),
    );
    const left = at < 0 ? undefined : parts.slice(0, at + 1).join('/');
    const inside = left ?? dataFolders.find((folder) => name.startsWith(`${folder}/`));
    if (inside !== undefined) passedOver.add(inside);
    return inside === undefined;
  });
  return { files: kept, passedOver: passedOver.size };
}

/** Folders of the server's own kind: what is in them is no document. */
function dataFoldersAmong(files: readonly ChosenFile[]): string[] {
  const names = new Set(files.map(({ name }) => name));
  const [first, ...others] = storeMarks;
  return [...names]
    .filter((name) => name.endsWith(`/${first}`))
    .map((name) => name.slice(0, -first.length - 1))
    .filter((folder) => others.every((mark) => names.has(`${folder}/${mark}`)))
    .map((folder) =>
      folder.endsWith(`/${storeFolder}`) ? folder.slice(0, -storeFolder.length - 1) : folder,
    );
}
