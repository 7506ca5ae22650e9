import type { CDPSession, Page } from 'playwright-core';

export interface Frame {
  /** A PNG. */
  readonly picture: Buffer;
  /** Milliseconds since the first one. */
  readonly at: number;
}

/** Follows what a page shows: a picture whenever it has changed. */
export class Screencast {
  readonly #devtools: CDPSession;
  readonly #frames: Frame[] = [];
  #firstAt: number | undefined;

  private constructor(devtools: CDPSession) {
    this.#devtools = devtools;
    devtools.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
      const at = (metadata.timestamp ?? 0) * 1000;
      this.#firstAt ??= at;
      this.#frames.push({ picture: Buffer.from(data, 'base64'), at: at - this.#firstAt });
      // Refused when the page is gone, and then there is nothing more to follow.
      devtools.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined);
    });
  }

  static async start(page: Page): Promise<Screencast> {
    const devtools = await page.context().newCDPSession(page);
    const screencast = new Screencast(devtools);
    await devtools.send('Page.startScreencast', { format: 'png' });
    return screencast;
  }

  async stop(): Promise<readonly Frame[]> {
    await this.#devtools.send('Page.stopScreencast');
    return this.#frames;
  }
}
