import type { Reply } from './reply.ts';
import type { Script, ScriptArguments } from './script.ts';

interface Call {
  readonly args: ScriptArguments;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

interface Gathered {
  readonly calls: Call[];
  size: number;
}

/** Answers one run of a script over these calls, with a reply for each. */
type Evaluate = (
  script: Script,
  calls: readonly ScriptArguments[],
) => Promise<readonly (Reply | Error)[]>;

// A run holds up everybody else of that Redis for as long as it takes.
const mostCalls = 64;
const mostArguments = 4096;

/** Gathers the calls of a turn of the event loop: those of one script travel, and run, as one. */
export class ScriptCalls {
  readonly #evaluate: Evaluate;
  readonly #gathered = new Map<Script, Gathered>();

  constructor(evaluate: Evaluate) {
    this.#evaluate = evaluate;
  }

  run(script: Script, args: ScriptArguments): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const gathered = this.#gathered.get(script) ?? this.#begin(script);
      gathered.calls.push({ args, resolve, reject });
      gathered.size += args.length;
      if (gathered.calls.length >= mostCalls || gathered.size >= mostArguments) this.#send(script);
    });
  }

  #begin(script: Script): Gathered {
    const gathered = { calls: [], size: 0 };
    this.#gathered.set(script, gathered);
    // After what this turn reads from Redis, and what comes of it.
    setImmediate(() => {
      if (this.#gathered.get(script) === gathered) this.#send(script);
    });
    return gathered;
  }

  #send(script: Script): void {
    const calls = this.#gathered.get(script)?.calls ?? [];
    this.#gathered.delete(script);
    this.#evaluate(
      script,
      calls.map(({ args }) => args),
    ).then(
      (replies) => {
        for (const [index, call] of calls.entries()) {
          const reply = replies[index];
          if (reply instanceof Error) call.reject(reply);
          else call.resolve(reply ?? null);
        }
      },
      (error) => {
        for (const call of calls) call.reject(error);
      },
    );
  }
}
