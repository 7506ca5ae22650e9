import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** What a script was asked for. Asked for help, or for what it does not know, it says its usage and ends. */
export function readOptions<const T extends ParseArgsOptionsConfig>(usage: string, options: T) {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), usage);
  }
}

/** A whole number of at least 1. */
export function readCount(text: string, option: string, usage: string): number {
  const count = Number(text);
  return Number.isSafeInteger(count) && count >= 1
    ? count
    : refuse(`${option} takes a whole number of at least 1, not "${text}".`, usage);
}

/** One of some words, or nothing. */
export function readChoice(
  text: string | undefined,
  choices: readonly string[],
  option: string,
  usage: string,
): string | undefined {
  return text === undefined || choices.includes(text)
    ? text
    : refuse(`${option} takes ${choices.join(' or ')}, not "${text}".`, usage);
}

function refuse(reason: string, usage: string): never {
  console.error(`${reason}\n\n${usage}`);
  process.exit(1);
}
