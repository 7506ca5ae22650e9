/** The parts of `setup.mjs` that TypeScript sources use. */
export declare const runtimeOptions: string[];

/** The repository's own folder. */
export declare const root: string;

/** The Node.js that runs the sources: the pinned one, or this one where it is new enough. */
export declare function findNode(): string;

/** The environment in which `node` and the installed commands are the repository's own. */
export declare function environment(node: string): Record<string, string | undefined>;
