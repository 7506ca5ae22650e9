/** One line of the table that `npm run bench` prints. */
export interface Row {
  readonly measure: string;
  /** What this library did, with its unit. */
  readonly ours: string;
  /** What the peer did in the same run, or what the figure is held against. */
  readonly peer: string;
  /** Ours against the peer's, pair by pair, as a median; `null` where there is no peer. */
  readonly ratio: number | null;
  readonly target: string;
  /** Whether the target was reached; `null` where it could not be measured. */
  readonly pass: boolean | null;
}

export interface Bench {
  readonly name: string;
  run(): Promise<readonly Row[]>;
}
