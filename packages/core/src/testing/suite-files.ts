/**
 * The store's files behind the protocol's back: what native libraries and other programs do. Paths
 * as `draft.path()` returns them, or relative to the root. Parent directories are there.
 */
export interface SuiteFiles {
  write(path: string, content: string): void;
  read(path: string): string | undefined;
  makeDirectory(path: string): void;
  /** A second name for a file. */
  link(existing: string, path: string): void;
  /** A symbolic link to something outside the root. */
  symlink(path: string): void;
  /** A pipe, a socket or a device. */
  special(path: string): void;
  remove(path: string): void;
  /** None when there is no such directory. */
  list(path: string): readonly string[];
}
