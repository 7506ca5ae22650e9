import { buildOnce } from '../../../../scripts/build-once.mjs';

/** Before the suite: builds the pages where they are not what a build of the sources would make. */
export function setup(): void {
  buildOnce('@offstage/demo');
}
