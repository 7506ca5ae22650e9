import { themeNames } from '../../shared/theme.ts';
import { useApp } from '../app-context.ts';
import { useStore } from '../use-store.ts';
import { NavIcon } from './nav-icon.tsx';

export function ThemeButton() {
  const { theme } = useApp();
  const chosen = useStore(theme);
  return (
    <button type="button" className="theme" onClick={theme.next}>
      <NavIcon name={chosen} />
      <span className="hidden-visually">Colors: </span>
      <span className="theme-text">{themeNames[chosen]}</span>
    </button>
  );
}
