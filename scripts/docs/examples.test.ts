import { expect, test } from 'vitest';
import { pageOf } from './examples.mjs';

test('the page of an example says how to run it, and shows its sources as they are', () => {
  const page = pageOf('next', [
    [
      'package.json',
      '{ "description": "Next.js", "scripts": { "build:one": "b", "build:two": "b", "start": "s" } }',
    ],
    ['README.md', '# Next\n\nWith the App Router.\n'],
    ['app/page.tsx', 'export default () => <p>```</p>;\n'],
    ['public/icon.png', 'no text'],
  ]);
  expect(page).toMatch(/^# Example: Next\.js\n\nWith the App Router\.\n/);
  expect(page).toContain('```sh\nnpm install\nnpm run build:one\nnpm run start\n```');
  expect(page).toContain('## `app/page.tsx`\n\n````tsx\nexport default () => <p>```</p>;\n````');
  expect(page).not.toContain('no text');
});
