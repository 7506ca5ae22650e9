import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const words =
  `stage curtain prompt batten cradle gauze lantern cue standby warning pulley trap wing fly cloth
   border dresser wig costume thunder limelight overture interval foyer rehearsal script actor
   pencil headset silence applause rope counterweight gallery programme matinee understudy`.split(
    /\s+/,
  );

/**
 * Writes Markdown documents as people write them: front matter, headings, paragraphs with emphasis
 * and links, lists, a table and code; about 5 kB each. The same ones at every call.
 *
 * @returns the bytes of all of them
 */
export function writeMarkdownCorpus(folder: string, count: number): number {
  let bytes = 0;
  const next = generator(20_260_102);
  const word = (): string => words[Math.floor(next() * words.length)] ?? 'stage';
  const sentence = (): string => {
    const length = 8 + Math.floor(next() * 12);
    const text = Array.from({ length }, word).join(' ');
    return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
  };
  const paragraph = (): string =>
    `${sentence()} The **${word()}** is [${word()}](https://example.org/${word()}) and *${word()}*. ${sentence()} ${sentence()} ${sentence()}`;
  for (let number = 0; number < count; number += 1) {
    const sections = Array.from({ length: 4 }, (_, section) =>
      [
        `## ${sentence()}`,
        paragraph(),
        paragraph(),
        section % 2 === 0
          ? Array.from({ length: 4 }, () => `- ${sentence()}`).join('\n')
          : `| ${word()} | ${word()} |\n| --- | --- |\n| ${word()} | ${sentence()} |\n| ${word()} | \`${word()}()\` |`,
      ].join('\n\n'),
    );
    const text = `---\ntitle: ${sentence()}\n---\n\n# Document ${number}\n\n${paragraph()}\n\n${sections.join('\n\n')}\n`;
    const below = path.join(folder, `part-${String(number % 20).padStart(2, '0')}`);
    mkdirSync(below, { recursive: true });
    writeFileSync(path.join(below, `document-${number}.md`), text);
    bytes += Buffer.byteLength(text);
  }
  return bytes;
}

// A small linear congruential generator: documents need to differ, not to be random.
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
