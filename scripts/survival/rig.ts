import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;

/** When a process is killed: by itself at a step, `name#n`, or from outside so long after it began. */
export type Kill = { readonly step: string } | { readonly afterMs: number } | undefined;

export interface Told {
  readonly killed: boolean;
  readonly lines: readonly string[];
}

/** Kills an application with threads, a journal and published versions, and checks what is left. */
export class SurvivalRig {
  // Beside the packages, so that the bundle finds the addon that is not in it.
  readonly #scratch: string;
  #folders = 0;

  private constructor(scratch: string) {
    this.#scratch = scratch;
  }

  static async start(): Promise<SurvivalRig> {
    const cache = path.resolve(here, '../../node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    const scratch = mkdtempSync(path.join(cache, 'offstage-survival-'));
    await build({
      entryPoints: ['application', 'application.worker', 'journal-thread'].map((name) =>
        path.join(here, `${name}.ts`),
      ),
      outdir: scratch,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node22',
      conditions: ['@offstage/source'],
      external: ['fs-native-extensions'],
      logLevel: 'error',
    });
    return new SurvivalRig(scratch);
  }

  end(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  newFolder(): string {
    this.#folders += 1;
    const folder = path.join(this.#scratch, `data-${this.#folders}`);
    mkdirSync(folder);
    return folder;
  }

  /** One process, from its beginning to its end. */
  async run(folder: string, jobs: number, kill: Kill): Promise<Told> {
    const child = spawn(
      process.execPath,
      [path.join(this.#scratch, 'application.js'), folder, String(jobs)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          NODE_COMPILE_CACHE: path.join(this.#scratch, 'compiled'),
          ...(kill !== undefined && 'step' in kill && { OFFSTAGE_KILL: kill.step }),
        },
      },
    );
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const timer =
      kill !== undefined && 'afterMs' in kill
        ? setTimeout(() => child.kill('SIGKILL'), kill.afterMs)
        : undefined;
    const [code, signal] = await once(child, 'close');
    clearTimeout(timer);
    if (code !== null && code !== 0) throw new Error(`The application ended with ${code}: ${said}`);
    return { killed: signal === 'SIGKILL', lines: said.split('\n') };
  }

  /** Processes one after the other over the same data; the last is left to its end. */
  async cycle(jobs: number, kills: readonly Kill[]): Promise<Outcome> {
    const folder = this.newFolder();
    const told: Told[] = [];
    for (const kill of kills) told.push(await this.run(folder, told.length === 0 ? jobs : 2, kill));
    told.push(await this.run(folder, 0, undefined));
    rmSync(folder, { recursive: true, force: true });
    return { killed: told.filter(({ killed }) => killed).length, ...judge(told) };
  }
}

export interface Outcome {
  readonly killed: number;
  /** Jobs whose start had resolved. */
  readonly kept: number;
  readonly problems: readonly string[];
}

/** What of all that the processes were told does not hold. */
function judge(told: readonly Told[]): Omit<Outcome, 'killed'> {
  const said = (verb: string): (readonly string[])[] =>
    told
      .flatMap(({ lines }) => lines)
      .filter((line) => line.startsWith(`${verb} `))
      .map((line) => line.split(' ').slice(1));
  const problems: string[] = [];
  const finals = new Map(said('final').map(([id = '', status = '']) => [id, status]));
  const kinds = new Map(said('kept').map(([id = '', kind = '']) => [id, kind]));
  if (told.at(-1)?.lines.includes('done') !== true) problems.push('the last process did not end');
  for (const [id, kind] of kinds) {
    const status = finals.get(id);
    if (status === undefined) problems.push(`${kind} ${id} is lost`);
    else if (kind !== 'once' && status !== 'succeeded') problems.push(`${kind} ${id}: ${status}`);
  }
  for (const [id = '', status] of said('ended')) {
    if (finals.get(id) !== status) {
      problems.push(`${id} was shown ${status}, and is ${finals.get(id)}`);
    }
  }
  const runs = said('run').map((words) => words.join(' '));
  for (const run of repeated(runs)) problems.push(`attempt ${run} ran twice`);
  // As the last process lists them; one before it that was not killed has listed some of them.
  const versions = (told.at(-1)?.lines ?? []).flatMap(
    (line) => /^version (.+)/.exec(line)?.[1] ?? [],
  );
  for (const id of repeated(versions)) problems.push(`${id} was published twice`);
  for (const [id, kind] of kinds) {
    if (kind === 'publish' && !versions.includes(id)) problems.push(`${id} was not published`);
  }
  const discarded = new Set(said('discarded').map(([id]) => id));
  for (const [id, status] of finals) {
    if (status === 'failed' && !discarded.has(id)) problems.push(`${id} was not discarded`);
  }
  problems.push(...forgotten(told));
  return { kept: kinds.size, problems };
}

/** Attempts that did not find what a save before them had kept. */
function forgotten(told: readonly Told[]): string[] {
  const problems: string[] = [];
  const saved = new Map<string, number>();
  for (const line of told.flatMap(({ lines }) => lines)) {
    const [verb, id = '', count = ''] = line.split(' ');
    if (verb === 'saved') saved.set(id, Number(count));
    if (verb === 'found' && Number(count) < (saved.get(id) ?? 0)) {
      problems.push(`${id} had saved ${saved.get(id)}, and found ${count}`);
    }
  }
  return problems;
}

const repeated = (list: readonly string[]): string[] => [
  ...new Set(list.filter((each, index) => list.indexOf(each) !== index)),
];
