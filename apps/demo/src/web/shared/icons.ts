/** Outlines on a grid of 20, to be stroked. */
export const icons = {
  documents: 'M5 2.8h6.5L15.5 7v10.2H5zM11.2 3v4.3h4.2M8 11h5M8 14h5',
  search: 'M8.8 14.6a5.8 5.8 0 1 0 0-11.6 5.8 5.8 0 0 0 0 11.6zM13.1 13.1l4.1 4.1',
  versions: 'M10 2.8 17.2 6.6 10 10.4 2.8 6.6zM2.8 10.2 10 14l7.2-3.8M2.8 13.6 10 17.4l7.2-3.8',
  activity: 'M2.5 10.5h3.6l2.3-6 3.4 11 2.2-5h3.5',
  settings:
    'M3 6.2h6.2M14.2 6.2H17M11.7 8.7a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM3 13.8h2.8M10.8 13.8H17M8.3 16.3a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  system: 'M3 4.2h14v9.2H3zM7.5 17h5M10 13.6V17',
  light:
    'M10 13.4a3.4 3.4 0 1 0 0-6.8 3.4 3.4 0 0 0 0 6.8zM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M4.3 15.7l1.2-1.2M14.5 5.5l1.2-1.2',
  dark: 'M16.6 11.9A7 7 0 0 1 8.1 3.4a7 7 0 1 0 8.5 8.5z',
} as const;

export type IconName = keyof typeof icons;
