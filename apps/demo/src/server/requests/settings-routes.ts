import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { passageLengths } from '../../reading/chunk.ts';
import { isSearchLanguage, stemLanguages } from '../../search/stemming.ts';
import type { SettingsView } from '../../web/api.ts';
import { Problem } from './problem.ts';
import type { Bindings, RouteParts } from './route-parts.ts';

const { least, most } = passageLengths;
const changed = z.strictObject({
  language: z.string().refine(isSearchLanguage).optional(),
  passageLength: z.number().int().min(least).max(most).optional(),
});

/** The settings of the corpus: everybody sees them, and whoever may change documents may change these. */
export function addSettingsRoutes(
  app: Hono<{ Bindings: Bindings }>,
  { corpus }: Pick<RouteParts, 'corpus'>,
): void {
  const view = (): SettingsView => ({
    ...corpus.settings(),
    languages: stemLanguages,
    least,
    most,
  });
  app.get('/api/settings', (c) => c.json(view()));
  app.put('/api/settings', bodyLimit({ maxSize: 1000, onError: tooLarge }), async (c) => {
    const { success, data } = changed.safeParse(await c.req.json().catch(() => undefined));
    if (!success) {
      const message = `Settings are a known language, and a length of passages from ${least} to ${most} characters.`;
      throw new Problem(400, 'invalid_settings', message);
    }
    corpus.saveSettings(data);
    return c.json(view());
  });
}

function tooLarge(): never {
  throw new Problem(413, 'too_large', 'Settings are not as long as that.');
}
