// Cuts the power of real file systems while a writer publishes, mounts them again, and says what is
// wrong then.
//
// Needs Linux, root, loop devices, `unshare` and `mount`, `mkfs` of each file system, and perl or
// python3 for the ioctl. What it lacks it says, and skips. It runs in a mount namespace of its own,
// on image files in a scratch folder: whatever ends it, its mounts and loop devices go with it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Defect } from '../fixtures/crash/broken-directory.ts';
import { Rig } from '../fixtures/crash/rig.ts';
import { CutRun, type CutTally, newCutTally } from './power/cut-run.ts';
import { type Cut, Disk, type FileSystem, fileSystems } from './power/disk.ts';
import { runInNamespace, scratchInside, whatIsLacking } from './power/namespace.ts';
import { has, Shutdown } from './power/tools.ts';
import { readChoice, readCount, readOptions } from './read-options.ts';

const usage =
  'npm run crash:power -w packages/node-fs -- [--cuts 100] [--only ext4|xfs|btrfs] [--scratch folder] [--install]';
const options = readOptions(usage, {
  cuts: { type: 'string', default: '100' },
  only: { type: 'string' },
  scratch: { type: 'string' },
  install: { type: 'boolean', default: false },
});
const cutsEach = readCount(options.cuts, '--cuts', usage);
const only = readChoice(options.only?.toLowerCase(), ['ext4', 'xfs', 'btrfs'], '--only', usage);

/** How often, of the number that was asked for: the gentler, the less there is to be found. */
const cuts: ReadonlyArray<readonly [Cut, number]> = [
  ['default', 0.2],
  ['log flushed', 0.4],
  ['log not flushed', 1],
  ['disk cache lost', 1],
];
const controlShare = 0.2;
const controls: readonly Defect[] = ['no fsync', 'no fsync of files', 'no fsync of directories'];

if (options.install) {
  const packages = ['e2fsprogs', 'xfsprogs', 'btrfs-progs'];
  spawnSync('apt-get', ['install', '-y', ...packages], { stdio: ['ignore', 2, 2] });
}
const lacking = whatIsLacking();
if (lacking !== undefined) console.log(`skipped: ${lacking}`);
else if (scratchInside === undefined) process.exitCode = runInNamespace(options.scratch);
else process.exitCode = await cutAll(scratchInside);

async function cutAll(scratch: string): Promise<number> {
  const shutdown = Shutdown.start();
  const rig = await Rig.start(scratch, 2);
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  console.log(`Linux ${release()}\n`);
  console.log('| file system | cut | cuts | at a step | steps | acknowledged | violations |');
  console.log('|---|---|---|---|---|---|---|');
  let bad = 0;
  try {
    for (const fileSystem of fileSystems) {
      if (only !== undefined && only !== fileSystem.type) continue;
      for (const [how, share] of cuts) bad += await cutOne(fileSystem, how, share);
      for (const defect of controls) {
        bad += await cutOne(fileSystem, 'disk cache lost', controlShare, defect);
      }
    }
  } finally {
    await rig.end();
    await shutdown.end();
  }
  return bad === 0 ? 0 : 1;

  /** Returns how many results are not as they should be. */
  async function cutOne(
    fileSystem: FileSystem,
    how: Cut,
    share: number,
    defect?: Defect,
  ): Promise<number> {
    const { name, type } = fileSystem;
    const title = defect === undefined ? how : `control: ${defect}`;
    const skip = (why: string): number => {
      console.log(`| ${name} | ${title} | skipped: ${why.replaceAll('\n', ' ')} | | | | |`);
      return 0;
    };
    if (!has(`mkfs.${type}`)) return skip(`no mkfs.${type}; apt-get install ${fileSystem.package}`);
    const place = mkdtempSync(join(scratch, 'disk-'));
    mkdirSync(place, { recursive: true });
    let disk: Disk;
    try {
      disk = await Disk.create(place, fileSystem, shutdown, how === 'disk cache lost');
    } catch (error) {
      return skip(String(error));
    }
    const tally = newCutTally();
    const run = new CutRun(rig, disk, defect);
    // Fewer, and a control may find nothing by chance.
    const least = defect === undefined ? 1 : 20;
    const most = Math.max(least, Math.ceil(cutsEach * share));
    let refused: unknown;
    while (tally.cuts < most && refused === undefined) {
      await run.cut(how, tally).catch((error: unknown) => {
        refused = error;
      });
    }
    await disk.remove();
    rmSync(place, { recursive: true });
    if (tally.cuts === 0) return skip(`it cannot be cut so here: ${String(refused)}`);
    console.log(`| ${name} | ${title} | ${row(tally)} |`);
    if (refused !== undefined) console.error(`${name}, ${title}: ${String(refused)}`);
    return refused === undefined ? judge(tally, defect) : 1;
  }
}

function row({ cuts: count, atSteps, steps, acknowledged, violations }: CutTally): string {
  return [count, atSteps, steps.size, acknowledged, violations.length].join(' | ');
}

/** A control must find something, all else nothing. */
function judge({ violations }: CutTally, defect: Defect | undefined): number {
  if (defect === undefined) {
    for (const what of violations.slice(0, 10)) console.error(`  ${what}`);
    return violations.length;
  }
  if (violations.length > 0) return 0;
  console.error(`  The control "${defect}" found nothing: the rig is blind for that here.`);
  return 1;
}
