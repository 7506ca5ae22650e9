/** A file on its way to the server. A folder's files are named with their path in it. */
export interface ChosenFile {
  readonly name: string;
  readonly content: File;
}

/** Of an `<input type="file">`, with or without `webkitdirectory`. */
export const filesOfInput = (list: FileList): ChosenFile[] =>
  [...list]
    .map((content) => ({ name: content.webkitRelativePath || content.name, content }))
    .filter(({ name }) => !isClutter(name));

/**
 * What was dropped, folders walked to the bottom. What cannot be read, such as a file that is gone by
 * now, is left out. Has to be called before the drop event is over.
 */
export async function filesOfDrop(transfer: DataTransfer): Promise<ChosenFile[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  // Entries have to be taken at once; the list is emptied after the event.
  const entries = items.map((item) => item.webkitGetAsEntry());
  const plain = [...transfer.files].map((content) => ({ name: content.name, content }));
  if (entries.every((entry) => entry === null)) return plain;
  const found: ChosenFile[] = [];
  for (const entry of entries) if (entry !== null) await walk(entry, found);
  return found.filter(({ name }) => !isClutter(name));
}

async function walk(entry: FileSystemEntry, found: ChosenFile[]): Promise<void> {
  if (isFile(entry)) {
    const content = await new Promise<File | undefined>((resolve) => {
      entry.file(resolve, () => resolve(undefined));
    });
    if (content !== undefined) found.push({ name: entry.fullPath.replace(/^\//, ''), content });
  } else if (isFolder(entry)) {
    const reader = entry.createReader();
    // A browser gives at most a hundred entries at a time.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve) => {
        reader.readEntries(resolve, () => resolve([]));
      });
      if (some.length === 0) return;
      for (const inner of some) await walk(inner, found);
    }
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

// Systems put hidden files into folders that nobody means to share.
const isClutter = (name: string): boolean =>
  /\//.test(name) && /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini)(\/|$)/.test(name);
