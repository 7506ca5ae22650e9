import { expect, test } from 'vitest';
import type { Reply } from './reply.ts';
import { type Script, type ScriptArguments, script } from './script.ts';
import { ScriptCalls } from './script-calls.ts';

const [first, second] = [script('first', 'return 1'), script('second', 'return 2')];

/** Answers each call by its last argument; an error where that says so. */
function gathering() {
  const runs: { readonly name: string; readonly args: readonly ScriptArguments[] }[] = [];
  const calls = new ScriptCalls(async ({ name }: Script, args) => {
    runs.push({ name, args });
    return args.map((each): Reply | Error => {
      const last = each.at(-1) ?? 0;
      if (last === 'lost') throw new Error('lost');
      return last === 'fails' ? new Error('fails') : last;
    });
  });
  return { runs, calls };
}

test('E5 calls of one turn travel as one for each script, and each has its own answer', async () => {
  const { runs, calls } = gathering();
  const asked = [
    calls.run(first, ['a', 'b']),
    calls.run(second, ['c']),
    calls.run(first, []),
    calls.run(first, ['fails']),
    calls.run(first, ['d', '']),
  ];
  const answers = await Promise.allSettled(asked);
  expect(answers.map((each) => (each.status === 'fulfilled' ? each.value : 'failed'))).toEqual([
    'b',
    'c',
    0,
    'failed',
    '',
  ]);
  expect(runs).toEqual([
    { name: 'first', args: [['a', 'b'], [], ['fails'], ['d', '']] },
    { name: 'second', args: [['c']] },
  ]);
  await calls.run(first, ['e']);
  expect(runs[2]).toEqual({ name: 'first', args: [['e']] });
});

test('E5 no run of a script holds Redis up for more than some calls, or some arguments', async () => {
  const { runs, calls } = gathering();
  await Promise.all(Array.from({ length: 130 }, (_, n) => calls.run(first, [n])));
  expect(runs.map(({ args }) => args.length)).toEqual([64, 64, 2]);
  const large = Array.from({ length: 4096 }, (_, n) => n);
  await Promise.all([calls.run(second, ['a']), calls.run(second, large), calls.run(second, ['b'])]);
  expect(runs.slice(3).map(({ args }) => args.flat().length)).toEqual([4097, 1]);
});

test('E6 a run that fails fails all of its calls, and none of others', async () => {
  const { calls } = gathering();
  const asked = [calls.run(first, ['a']), calls.run(first, ['lost']), calls.run(second, ['b'])];
  const answers = await Promise.allSettled(asked);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});
