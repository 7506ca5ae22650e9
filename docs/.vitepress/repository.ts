/** Where the sources are. Pages link there for what the site does not hold itself. */
export const repository = 'https://github.com/offstage-dev/offstage';
