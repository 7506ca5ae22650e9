import { expect, test } from 'vitest';
import { readArguments, UsageError } from './arguments.ts';

test.each<[string, string[], string]>([
  ['nothing', [], 'Name the folder with the snapshots'],
  ['no command', ['x'], 'Name a command: list, show, verify, rollback, watch, gc, repair.'],
  ['an unknown command', ['x', 'frob'], 'No command "frob".'],
  ['the command first', ['list', 'x'], 'The folder comes first: offstage-snapshots <dir> list'],
  ['an unknown option', ['x', 'list', '--frob'], "Unknown option '--frob'"],
  ["another command's option", ['x', 'list', '--once'], 'list takes no --once.'],
  ['an operand too many', ['x', 'verify', '1', '2'], 'verify has no use for "2".'],
  ['no generation', ['x', 'rollback'], 'Name the generation to roll back to.'],
  ['a generation that is none', ['x', 'show', '0x1'], '"0x1" is no generation'],
  ['a limit of 0', ['x', 'list', '--limit', '0'], '--limit takes a whole number of at least 1.'],
  ['an age without a unit', ['x', 'gc', '--retain', '1', '--min-age', '7'], '--min-age takes'],
  ['an age alone', ['x', 'gc', '--min-age', '7d'], '--min-age goes with --retain'],
  ['a question for another command', ['x', 'gc', '--yes'], 'gc takes no --yes.'],
  ['a bad timeout', ['x', 'gc', '--lock-timeout', '1s'], '--lock-timeout takes a whole number'],
])('S14 %s is told apart, and what is wrong is said', (_name, args, message) => {
  const failing = () => readArguments(args);
  expect(failing).toThrow(UsageError);
  expect(failing).toThrow(message);
});

test('S12 ages have a unit', () => {
  const ageOf = (text: string) => readArguments(['x', 'gc', '--retain', '2', '--min-age', text]);
  expect(ageOf('90s')).toMatchObject({ retain: 2, minAgeMs: 90_000 });
  expect(ageOf('30m')).toMatchObject({ minAgeMs: 1_800_000 });
  expect(ageOf('12h')).toMatchObject({ minAgeMs: 43_200_000 });
  expect(ageOf('7d')).toMatchObject({ minAgeMs: 604_800_000 });
  expect(ageOf('2w')).toMatchObject({ minAgeMs: 1_209_600_000 });
});

test('S11 options stand anywhere, and all have defaults', () => {
  expect(readArguments(['--json', 'x', 'rollback', '--lock-timeout', '0', '3'])).toEqual({
    name: 'rollback',
    folder: 'x',
    json: true,
    gen: 3,
    verify: false,
    lockTimeoutMs: 0,
  });
  expect(readArguments(['x', 'gc'])).toMatchObject({ retain: undefined, lockTimeoutMs: 10_000 });
  expect(readArguments(['x', '--help'])).toBe('help');
});
