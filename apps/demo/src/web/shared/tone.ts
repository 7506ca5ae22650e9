/** How something is coloured; the words always say the same. */
export type Tone = 'plain' | 'run' | 'good' | 'wait' | 'bad';

export const badgeClass = (tone: Tone): string => `badge badge--${tone}`;

export const noticeClass = (tone: Tone): string => `notice notice--${tone}`;
