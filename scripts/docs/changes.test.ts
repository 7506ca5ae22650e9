import { expect, test } from 'vitest';
import { released } from './changes.mjs';

test('the changelog of the site tells a change of several packages once, newest version first', () => {
  const core = `# @offstage/core

## 0.2.0

### Minor Changes

- cae6a70: Jobs are kept,
  when they are to be.

### Patch Changes

- 1234567: A fault is mended.

## 0.1.0

### Minor Changes

- abcdef0: The first.
`;
  const react = `# @offstage/react

## 0.2.0

### Minor Changes

- cae6a70: Jobs are kept,
  when they are to be.

### Patch Changes

- Updated dependencies [cae6a70]
  - @offstage/core@0.2.0
`;
  const versions = [
    ...released([
      ['core', core],
      ['react', react],
    ]),
  ];
  expect(versions).toEqual([
    [
      '0.2.0',
      [
        { packages: ['core', 'react'], text: 'Jobs are kept,\nwhen they are to be.' },
        { packages: ['core'], text: 'A fault is mended.' },
      ],
    ],
    ['0.1.0', [{ packages: ['core'], text: 'The first.' }]],
  ]);
});
