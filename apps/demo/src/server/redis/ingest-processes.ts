import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { backoffMs } from '@offstage/core/observe';
import type { WorkerNews, WorkerOrder, WorkerSetup } from './worker-setup.ts';

export interface IngestProcessesOptions {
  /** One process each. */
  readonly setups: readonly WorkerSetup[];
  readonly note: (line: Readonly<Record<string, unknown>>) => void;
}

const script = fileURLToPath(new URL('ingest-process.ts', import.meta.url));
// What does not end by itself is ended, so long after its grace.
const patienceMs = 2000;

/** The worker processes of a server. One that ends is started again, unless the server is about to end. */
export class IngestProcesses {
  readonly #options: IngestProcessesOptions;
  readonly #children = new Map<number, ChildProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isEnding = false;

  constructor(options: IngestProcessesOptions) {
    this.#options = options;
  }

  start(): void {
    for (const index of this.#options.setups.keys()) this.#start(index, 0);
  }

  /** Each has `graceMs` to put back what it runs. */
  async end(graceMs: number): Promise<void> {
    this.#isEnding = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#children.values()].map((child) => endChild(child, graceMs)));
  }

  #start(index: number, failures: number): void {
    if (this.#isEnding) return;
    const { setups, note } = this.#options;
    const child = fork(script, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, OFFSTAGE_WORKER: JSON.stringify(setups[index]) },
    });
    this.#children.set(index, child);
    let misses = failures + 1;
    child.on('message', (news: WorkerNews) => {
      if (news.type === 'error') note(news.line);
      else {
        misses = 0;
        note({ event: 'worker ready', worker: index + 1, pid: child.pid });
      }
    });
    let isOver = false;
    const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (isOver) return;
      isOver = true;
      this.#children.delete(index);
      note({ event: 'worker ended', worker: index + 1, code, signal });
      if (this.#isEnding) return;
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          this.#start(index, misses);
        },
        backoffMs(500, misses, Math.random()),
      );
      this.#timers.add(timer);
    };
    child.on('exit', onEnd);
    // It could not be started at all.
    child.on('error', () => {
      if (child.pid === undefined) onEnd(null, null);
    });
  }
}

function endChild(child: ChildProcess, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => child.kill('SIGKILL'), graceMs + patienceMs);
    child.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
    const order: WorkerOrder = { type: 'end', graceMs };
    if (child.connected) child.send(order, () => undefined);
    else child.kill('SIGTERM');
  });
}
