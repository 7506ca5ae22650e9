import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from './scratch-project.ts';

test.each(['nuxt', 'react-router'])(
  'J2 what the page of %s shows are the files of its example',
  (name) => {
    const page = readFileSync(path.join(root, 'docs', 'frameworks', `${name}.md`), 'utf8');
    const shown = [
      ...page.matchAll(/^```\w+\n(?:\/\/|<!--) (\S+\.\w+)(?: -->)?\n([\s\S]*?)^```$/gm),
    ];
    expect(shown.length).toBeGreaterThan(6);
    for (const [, file = '', code] of shown) {
      const source = path.join(root, 'examples', name, file);
      expect(existsSync(source) ? readFileSync(source, 'utf8') : 'It is not there.', file).toBe(
        code,
      );
    }
  },
);
