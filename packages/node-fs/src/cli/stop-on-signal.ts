import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** One Ctrl-C may arrive several times within moments: from the terminal, and from npx. */
const sameSignalMs = 300;

export interface SignalStop {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** 130 after Ctrl-C, 143 after SIGTERM; `undefined` while there was none. */
  exitCode(): number | undefined;
}

/** The first signal stops in good order; a second one, not a copy of the first, ends it at once. */
export function stopOnSignal(): SignalStop {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let firstMs = 0;
  for (const name of signals) {
    process.on(name, () => {
      if (exitCode === undefined) {
        exitCode = 128 + constants.signals[name];
        firstMs = performance.now();
        controller.abort();
      } else if (performance.now() - firstMs > sameSignalMs) process.exit(exitCode);
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode };
}
