import { badgeClass, type Tone } from '../../shared/tone.ts';

export const Badge = ({ tone, children }: { tone: Tone; children: string }) => (
  <span className={badgeClass(tone)}>{children}</span>
);
