import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
}

// Sizes of files and of memory images that a process may write: none. Then it becomes the command.
const withoutFiles = 'ulimit -f 0; ulimit -c 0; exec "$0" "$@"';
const shell = '/bin/sh';
const unshare = '/usr/bin/unshare';

/**
 * Wraps a command in what the system has against writing and connecting, beneath what Node refuses
 * (D6): a limit of zero bytes on files where there is a shell, and a network of its own, with nothing
 * in it, where Linux lets one have that. Each becomes the next, so the process keeps its parent and id.
 */
export function confined(command: string, args: readonly string[]): ChildCommand {
  if (process.platform === 'win32' || !existsSync(shell)) return { command, args };
  return { command: shell, args: ['-c', withoutFiles, ...withoutNetwork(), command, ...args] };
}

let networkArgs: readonly string[] | undefined;

/** Whether children have a network of their own here; elsewhere, refusing is up to Node. */
export const isNetworkApart = (): boolean => withoutNetwork().length > 0;

function withoutNetwork(): readonly string[] {
  networkArgs ??= findNetworkArgs();
  return networkArgs ?? [];
}

/** Undefined where it cannot be told just now, as no process can be started. */
function findNetworkArgs(): readonly string[] | undefined {
  if (process.platform !== 'linux' || !existsSync(unshare)) return [];
  // The first is for who may do it as they are. In a namespace of users the system's own administrator would
  // lose the right to read files of others, so nobody is moved there without need.
  const ways = [['--net'], ['--user', '--map-current-user', '--net']];
  for (const way of ways) {
    const { status, error } = spawnSync(unshare, [...way, process.execPath, '--version'], {
      ...{ stdio: 'ignore', env: {}, timeout: 5000 },
    });
    if (error !== undefined) return undefined;
    if (status === 0) return [unshare, ...way];
  }
  return [];
}
