/** The path of a Chromium to drive, or `undefined` where there is none. */
export declare function findChromium(): string | undefined;

/** As `findChromium`, after installing it where that is possible. Throws where it is not. */
export declare function ensureChromium(): string;

/** For a throw-away profile that talks to nobody but the page under test. */
export declare const chromiumArguments: string[];
