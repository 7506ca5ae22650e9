import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const perFolder = 500;
const word = (number: number): string => `word${(number * 7919) % 5003}`;

/** Where note `number` lies in the folder. */
export const notePath = (number: number): string =>
  path.join(`part-${String(Math.floor(number / perFolder)).padStart(4, '0')}`, `note-${number}.md`);

/** A short Markdown note, some 500 bytes. `edition` makes it another one. */
export function noteText(number: number, edition = 0): string {
  const line = (from: number): string =>
    Array.from({ length: 12 }, (_, at) => word(number + from * 31 + at)).join(' ');
  return `# Note ${number}\n\nEdition ${edition} of ${line(1)}.\n\n${line(2)}. *${line(3)}.*\n\n- ${line(4)}\n`;
}

/** Writes many short notes, a few hundred in a folder: what a person collects over years. */
export function writeNotes(folder: string, count: number): void {
  for (let number = 0; number < count; number += 1) {
    const file = path.join(folder, notePath(number));
    if (number % perFolder === 0) mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, noteText(number));
  }
}
