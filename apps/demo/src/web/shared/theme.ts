import { readKept, writeKept } from './kept.ts';
import { Store } from './store.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export const themeNames: Readonly<Record<Theme, string>> = {
  system: 'System theme',
  light: 'Light theme',
  dark: 'Dark theme',
};

const key = 'offstage.theme';

/** How bright the pages are: as the system wishes, or as it was chosen here, which is kept. */
export class ThemeStore extends Store<Theme> {
  constructor() {
    const kept = readKept(key);
    super(themes.find((theme) => theme === kept) ?? 'system');
    this.#apply();
  }

  /** System, light, dark, and from the start again. */
  readonly next = (): void => {
    const theme = themes[(themes.indexOf(this.get()) + 1) % themes.length] ?? 'system';
    this.set(theme);
    writeKept(key, theme);
    this.#apply();
  };

  #apply(): void {
    const theme = this.get();
    const { dataset } = document.documentElement;
    if (theme === 'system') delete dataset.theme;
    else dataset.theme = theme;
  }
}
