import { afterEach, expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import guide from '../../../docs/guide/react.md?raw';
import { openTestBed } from '../../../scripts/browser/bed-client.ts';
import { App } from './testing/quickstart.tsx';
import source from './testing/quickstart.tsx?raw';

afterEach(() => void vi.unstubAllGlobals());

test("U1 the guide's block that watches a job runs as printed, over a real server", async () => {
  const [, printed] = /^## Watch a job\n[\s\S]*?^```tsx\n([\s\S]*?)^```$/m.exec(guide) ?? [];
  expect(printed).toBe(source);

  const bed = await openTestBed();
  const { fetch } = window;
  // The block says `/jobs`; the test bed serves each test's jobs at a place of its own.
  vi.stubGlobal('fetch', (input: string, init: RequestInit) =>
    fetch(input.replace(/^\/jobs/, bed.baseUrl), init),
  );
  const [id = ''] = await bed.start();
  const page = await render(<App jobId={id} />);
  await expect.element(page.getByRole('button')).toBeEnabled();
  await bed.act({ do: 'report', id, percent: 45, message: 'File 2 of 4' });
  await expect.element(page.getByRole('status')).toHaveTextContent('File 2 of 4');
  const progress = page.getByRole('progressbar', { name: 'index' });
  await expect.element(progress).toHaveAttribute('value', '45');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect.element(page.getByRole('button')).not.toBeInTheDocument();
  expect((await bed.state()).requests.map(({ path }) => path)).toContain(`/jobs/${id}/cancel`);
});
