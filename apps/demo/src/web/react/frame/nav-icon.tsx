import { type IconName, icons } from '../../shared/icons.ts';

export const NavIcon = ({ name }: { name: IconName }) => (
  <svg className="nav-icon" viewBox="0 0 20 20" aria-hidden="true">
    <path d={icons[name]} />
  </svg>
);
