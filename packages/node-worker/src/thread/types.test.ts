import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test("W9 the types for handlers hold no DOM, and a job's phases alone", () => {
  const config = path('../../tsconfig.json');
  const parsed = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    path('../..'),
  );
  // Each line that must be refused carries @ts-expect-error, which is itself an error where nothing is.
  const program = ts.createProgram([path('../../fixtures/handler-types.ts')], parsed.options);
  const messages = ts
    .getPreEmitDiagnostics(program)
    .map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
  expect(messages).toEqual([]);
});
