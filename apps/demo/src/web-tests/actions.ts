import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';

export interface SentFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export const textFile = (name: string, text = `About ${name}.\n`): SentFile => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(text),
});

const corpusFolder = path.resolve(import.meta.dirname, '../../../../corpus');

/** The documents that come with the repository; one of them is damaged. */
export const corpusFiles = (): SentFile[] =>
  readdirSync(corpusFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({
      name: entry.name,
      mimeType: 'application/octet-stream',
      buffer: readFileSync(path.join(entry.parentPath, entry.name)),
    }));

/** Chooses files as a person does, by the input behind the button. */
export const choose = (page: Page, files: SentFile[]): Promise<void> =>
  page.locator('input[type=file]').first().setInputFiles(files);

/** The card of this session's newest change. */
export const jobCard = (page: Page) => page.getByRole('region', { name: 'Change', exact: true });

/** Adds files and waits until their version is published. */
export async function publish(page: Page, files: SentFile[]): Promise<void> {
  await choose(page, files);
  await jobCard(page)
    .getByText(/is published/)
    .waitFor();
}

/** What is seen; not what is announced as well. */
export const inMain = (page: Page) => page.getByRole('main');

export const goTo = (page: Page, title: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: title }).click();
