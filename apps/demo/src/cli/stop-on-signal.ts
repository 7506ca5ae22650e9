import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/** One Ctrl-C may arrive several times within moments: from the terminal, from npm, from a launcher. */
const sameSignalMs = 300;

export interface StopOnSignalOptions {
  /** Asks for a cooperative stop. */
  readonly cancel: () => void;
  /** The person insists: say so, for the process ends right after. */
  readonly endAtOnce: () => void;
}

export interface SignalStop {
  /** 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP. */
  exitCode(): number;
  /** Leaves signals to their defaults again. */
  disarm(): void;
}

/** The first signal cancels; a second one, not a copy of the first, ends the process at once (D9). */
export function stopOnSignal({ cancel, endAtOnce }: StopOnSignalOptions): SignalStop {
  let first: { readonly at: number; readonly signal: Signal } | undefined;
  const exitCode = (): number => 128 + constants.signals[first?.signal ?? 'SIGINT'];
  const onSignal = (signal: Signal): void => {
    if (first === undefined) {
      first = { at: performance.now(), signal };
      cancel();
    } else if (performance.now() - first.at > sameSignalMs) {
      endAtOnce();
      process.exit(exitCode());
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    exitCode,
    disarm: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
