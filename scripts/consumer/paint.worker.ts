import { handle } from '@offstage/core';
import { serveJobs } from '@offstage/node-worker/thread';
import { paint } from './paint-job.ts';

enum Colour {
  Red = 'red',
}

const noted: string[] = [];
function note(_method: unknown, context: ClassMethodDecoratorContext) {
  noted.push(String(context.name));
}

class Painter {
  @note
  paint() {
    return `${noted.join()} ${Colour.Red}`;
  }
}

serveJobs([handle(paint, () => new Painter().paint())]);
