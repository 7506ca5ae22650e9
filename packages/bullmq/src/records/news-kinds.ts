/** What a message on a channel tells of the job whose id follows. One letter, since there are many. */
export type NewsKind = 'c' | 's' | 'p' | 't' | 'S' | 'F' | 'C' | 'r';

export const kindOfNews = {
  changed: 'c',
  started: 's',
  progress: 'p',
  dropped: 'p',
  retrying: 't',
  succeeded: 'S',
  failed: 'F',
  canceled: 'C',
  released: 'r',
} as const;

export const newsOfKind = {
  s: 'started',
  p: 'progress',
  t: 'retrying',
  S: 'succeeded',
  F: 'failed',
  C: 'canceled',
  r: 'released',
} as const satisfies Partial<Record<NewsKind, string>>;
