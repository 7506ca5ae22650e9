/** The parts of `setup.mjs` that TypeScript sources use. */
export declare const runtimeOptions: string[];

/** The repository's own folder. */
export declare const root: string;
