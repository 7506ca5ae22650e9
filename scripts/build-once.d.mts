/** Builds a package, and those it needs, where they are not what a build of the sources would make. */
export function buildOnce(name: string): void;
