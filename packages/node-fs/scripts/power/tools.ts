import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Runs a command to its end. @throws Error with what it said on standard error. */
export function run(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const said: unknown =
      typeof error === 'object' && error !== null ? Reflect.get(error, 'stderr') : undefined;
    throw new Error(`${command} ${args.join(' ')}: ${String(said ?? error).trim()}`);
  }
}

export function has(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

// FS_IOC_SHUTDOWN, _IOR('X', 125, __u32), with one of three flags: Node has no ioctl.
const perl = String.raw`
  $| = 1;
  while (my $line = <STDIN>) {
    chomp $line;
    my ($flag, $path) = split / /, $line, 2;
    my $argument = pack('L', $flag);
    my $folder;
    my $done = sysopen($folder, $path, 0) && ioctl($folder, 0x8004587d, $argument);
    print $done ? "done\n" : "$!\n";
  }`;
const python = `
import fcntl, os, struct, sys
for line in sys.stdin:
    flag, path = line.rstrip('\\n').split(' ', 1)
    try:
        folder = os.open(path, os.O_RDONLY)
        fcntl.ioctl(folder, 0x8004587d, struct.pack('I', int(flag)))
        os.close(folder)
        print('done', flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
`;

/**
 * How a file system is shut down: after it wrote out everything, after it wrote its journal, or with
 * nothing at all written from that moment on.
 */
export type ShutdownFlag = 'default' | 'log flushed' | 'log not flushed';
const flags = { default: 0, 'log flushed': 1, 'log not flushed': 2 } as const;

/** A process that issues the ioctl, as fast as it is told to. */
export class Shutdown {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const output = this.#process.stdout;
    if (output === null) throw new Error('The helper has no output.');
    this.#answers = createInterface({ input: output })[Symbol.asyncIterator]();
  }

  /** Needs perl or python3. */
  static start(): Shutdown {
    return has('perl')
      ? new Shutdown('perl', ['-e', perl])
      : new Shutdown('python3', ['-c', python]);
  }

  /** Shuts the file system of that folder down. Returns what speaks against it. */
  async issue(folder: string, flag: ShutdownFlag): Promise<string | undefined> {
    this.#process.stdin?.write(`${flags[flag]} ${folder}\n`);
    const { value } = await this.#answers.next();
    return value === 'done' ? undefined : String(value ?? 'the helper has ended');
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await ended;
  }
}
