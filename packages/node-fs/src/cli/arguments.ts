import { parseArgs } from 'node:util';

/** The command line asks for something that there is not. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Usage: offstage-snapshots <dir> <command> [options]

Looks after the snapshots in a folder.

  list              versions that are kept, newest first
    --limit N         the newest N only
  show [gen]        one version, by default the current one
    --files           all of its files, with whole digests
  verify [gen]      compares every file with its digest;
                    exits 1 when something is damaged
  rollback <gen>    makes an older version current again,
                    as a new generation
    --verify          compares its files first
  watch             prints each new generation until Ctrl-C
    --after GEN       begins with the one after that
    --once            ends after the first one
  gc                removes what killed writers left
    --retain N        and older versions: it keeps the
                      newest N, what is in use, and
    --min-age AGE     what is younger (90s, 12h, 7d)

  repair [gen]      proposes a CURRENT in place of one that
                    is missing, damaged or too old, with
                    the newest version current or that of
                    gen. Deletes nothing, and asks before
                    it writes
    --yes             writes it without a question

  --lock-timeout MS   rollback, gc, repair: how long to wait
                      for another writer (default: 10000)
  --json              prints one JSON document, and watch
                      a line of JSON for each generation
  -h, --help          prints this
  --version           prints the version of this program

Exit codes: 0 done, 1 failed or damaged, 2 wrong usage,
130 interrupted.`;

interface Common {
  /** As it was written. */
  readonly folder: string;
  readonly json: boolean;
}

interface Locking {
  readonly lockTimeoutMs: number;
}

export interface ListCommand extends Common {
  readonly name: 'list';
  readonly limit: number | undefined;
}

export interface ShowCommand extends Common {
  readonly name: 'show';
  /** `undefined`: the current one. */
  readonly gen: number | undefined;
  readonly files: boolean;
}

export interface VerifyCommand extends Common {
  readonly name: 'verify';
  /** `undefined`: all that are kept. */
  readonly gen: number | undefined;
}

export interface RollbackCommand extends Common, Locking {
  readonly name: 'rollback';
  readonly gen: number;
  readonly verify: boolean;
}

export interface WatchCommand extends Common {
  readonly name: 'watch';
  readonly after: number | undefined;
  readonly once: boolean;
}

export interface GcCommand extends Common, Locking {
  readonly name: 'gc';
  /** `undefined`: no version is removed that CURRENT names. */
  readonly retain: number | undefined;
  readonly minAgeMs: number;
}

export interface RepairCommand extends Common, Locking {
  readonly name: 'repair';
  /** `undefined`: the newest. */
  readonly gen: number | undefined;
  readonly yes: boolean;
}

export type Command =
  | ListCommand
  | ShowCommand
  | VerifyCommand
  | RollbackCommand
  | WatchCommand
  | GcCommand
  | RepairCommand;

const options = {
  limit: { type: 'string' },
  files: { type: 'boolean' },
  verify: { type: 'boolean' },
  after: { type: 'string' },
  once: { type: 'boolean' },
  retain: { type: 'string' },
  'min-age': { type: 'string' },
  'lock-timeout': { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

const optionsOf: Readonly<Record<Command['name'], readonly string[]>> = {
  list: ['limit'],
  show: ['files'],
  verify: [],
  rollback: ['verify', 'lock-timeout'],
  watch: ['after', 'once'],
  gc: ['retain', 'min-age', 'lock-timeout'],
  repair: ['yes', 'lock-timeout'],
};

/** @throws UsageError */
export function readArguments(args: readonly string[]): Command | 'help' | 'version' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [folder = '', word, ...operands] = positionals;
  if (folder === '') throw new UsageError('Name the folder with the snapshots, then a command.');
  const name = commandOf(folder, word);
  for (const option of Object.keys(values)) {
    if (option === 'json' || optionsOf[name].includes(option)) continue;
    throw new UsageError(`${name} takes no --${option}.`);
  }
  const { json = false } = values;
  const lockTimeoutMs = whole('--lock-timeout', values['lock-timeout'] ?? '10000', 0);
  switch (name) {
    case 'list':
      atMost(operands, 0, name);
      return { name, folder, json, limit: optional('--limit', values.limit, 1) };
    case 'show':
      atMost(operands, 1, name);
      return { name, folder, json, gen: generation(operands[0]), files: values.files ?? false };
    case 'verify':
      atMost(operands, 1, name);
      return { name, folder, json, gen: generation(operands[0]) };
    case 'rollback': {
      atMost(operands, 1, name);
      const gen = generation(operands[0]);
      if (gen === undefined) throw new UsageError('Name the generation to roll back to.');
      return { name, folder, json, gen, verify: values.verify ?? false, lockTimeoutMs };
    }
    case 'watch':
      atMost(operands, 0, name);
      return {
        name,
        folder,
        json,
        after: optional('--after', values.after, 0),
        once: values.once ?? false,
      };
    case 'gc': {
      atMost(operands, 0, name);
      const retain = optional('--retain', values.retain, 1);
      if (retain === undefined && values['min-age'] !== undefined) {
        throw new UsageError('--min-age goes with --retain: say how many are kept in any case.');
      }
      const minAgeMs = age(values['min-age'] ?? '0s');
      return { name, folder, json, retain, minAgeMs, lockTimeoutMs };
    }
    case 'repair': {
      atMost(operands, 1, name);
      const gen = generation(operands[0]);
      return { name, folder, json, gen, yes: values.yes ?? false, lockTimeoutMs };
    }
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function commandOf(folder: string, word: string | undefined): Command['name'] {
  if (isCommand(word)) return word;
  if (isCommand(folder)) {
    throw new UsageError(`The folder comes first: offstage-snapshots <dir> ${folder}`);
  }
  const known = Object.keys(optionsOf).join(', ');
  throw new UsageError(
    word === undefined ? `Name a command: ${known}.` : `No command "${word}". There are: ${known}.`,
  );
}

const isCommand = (word: string | undefined): word is Command['name'] =>
  word !== undefined && Object.hasOwn(optionsOf, word);

function atMost(operands: readonly string[], most: number, name: string): void {
  const extra = operands[most];
  if (extra !== undefined) throw new UsageError(`${name} has no use for "${extra}".`);
}

function generation(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const gen = Number(text);
  if (/^\d+$/.test(text) && gen >= 1 && Number.isSafeInteger(gen)) return gen;
  throw new UsageError(`"${text}" is no generation: it is a number, the first column of list.`);
}

const optional = (option: string, text: string | undefined, min: number): number | undefined =>
  text === undefined ? undefined : whole(option, text, min);

function whole(option: string, text: string, min: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && Number.isSafeInteger(value)) return value;
  throw new UsageError(`${option} takes a whole number of at least ${min}.`);
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function age(text: string): number {
  const [, number, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw new UsageError('--min-age takes a number and a unit: 90s, 30m, 12h, 7d or 2w.');
  }
  return Number(number) * unitMs[unit as keyof typeof unitMs];
}
