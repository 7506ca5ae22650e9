/** The path of a `redis-server`, or `undefined` where there is none. */
export declare function findRedis(): string | undefined;

/** As `findRedis`, after installing it where that is possible. Throws where it is not. */
export declare function ensureRedis(): string;
