/** How something is coloured; the words always say the same. */
export type Tone = 'plain' | 'good' | 'wait' | 'bad';

export const badgeClass = (tone: Tone): string =>
  tone === 'plain' ? 'badge' : `badge badge--${tone}`;

export const noticeClass = (tone: Tone): string =>
  tone === 'plain' ? 'notice' : `notice notice--${tone}`;
