// Cuts the power of real file systems while a process writes to a journal on them, mounts them again, and says what is
// wrong then. It is the rig of the snapshots (packages/node-fs/scripts/crash-power.ts), and needs what that does.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { type Cut, Disk, type FileSystem, fileSystems } from '../../node-fs/scripts/power/disk.ts';
import {
  runInNamespace,
  scratchInside,
  whatIsLacking,
} from '../../node-fs/scripts/power/namespace.ts';
import { has, Shutdown } from '../../node-fs/scripts/power/tools.ts';
import { readCount, readOptions } from '../../node-fs/scripts/read-options.ts';
import { CrashRig } from '../fixtures/crash/rig.ts';

const usage = 'npm run crash:power -w packages/sqlite -- [--cuts 50] [--scratch folder]';
const options = readOptions(usage, {
  cuts: { type: 'string', default: '50' },
  scratch: { type: 'string' },
});
const cutsEach = readCount(options.cuts, '--cuts', usage);
const ways: readonly Cut[] = ['log flushed', 'log not flushed', 'disk cache lost'];

const lacking = whatIsLacking();
if (lacking !== undefined) console.log(`skipped: ${lacking}`);
else if (scratchInside === undefined) process.exitCode = runInNamespace(options.scratch);
else process.exitCode = await cutAll(scratchInside);

async function cutAll(scratch: string): Promise<number> {
  const shutdown = Shutdown.start();
  const rig = await CrashRig.start();
  let bad = 0;
  console.log(`Linux ${release()}\n`);
  console.log('| file system | cut | cuts | acknowledged | violations |');
  console.log('|---|---|---|---|---|');
  try {
    for (const fileSystem of fileSystems) {
      for (const how of ways) bad += await cutOne(fileSystem, how, 'full');
      // A control: what is not synced has to be lost now and then.
      bad += await cutOne(fileSystem, 'disk cache lost', 'normal');
    }
  } finally {
    rig.end();
    await shutdown.end();
  }
  return bad === 0 ? 0 : 1;

  /** Returns how many results are not as they should be. */
  async function cutOne(
    fileSystem: FileSystem,
    how: Cut,
    synchronous: 'full' | 'normal',
  ): Promise<number> {
    const title = synchronous === 'full' ? how : 'control: commits that are not synced';
    const place = mkdtempSync(join(scratch, 'disk-'));
    const problems: string[] = [];
    let [acknowledged, cuts] = [0, 0];
    try {
      if (!has(`mkfs.${fileSystem.type}`)) throw new Error(`no mkfs.${fileSystem.type}`);
      const disk = await Disk.create(place, fileSystem, shutdown, how === 'disk cache lost');
      // Fewer, and a control may find nothing by chance.
      const most = Math.max(cutsEach, synchronous === 'full' ? 1 : 60);
      for (; cuts < most; cuts += 1) {
        const seed = 1 + cuts;
        const folder = join(disk.folder, String(cuts));
        const path = join(folder, 'jobs.sqlite');
        let cutting: Promise<string | undefined> | undefined;
        const first = async (): Promise<void> => {
          cutting ??= disk.cut(how);
          await cutting;
        };
        const kill = { afterMs: 60 + Math.random() * 200, first };
        const ending = await rig.write(path, seed, kill, synchronous);
        // It may have ended before.
        await first();
        const refused = await cutting;
        if (refused !== undefined) throw new Error(refused);
        await disk.powerOn();
        acknowledged += ending.acknowledged;
        mkdirSync(folder, { recursive: true });
        const problem = await rig.problemOf(path, seed, ending.acknowledged);
        if (problem !== undefined) problems.push(`seed ${seed}: ${problem}`);
        rmSync(folder, { recursive: true });
      }
      await disk.remove();
    } catch (error) {
      console.log(
        `| ${fileSystem.name} | ${title} | skipped: ${String(error).replaceAll('\n', ' ')} | | |`,
      );
      return 0;
    }
    rmSync(place, { recursive: true });
    console.log(
      `| ${fileSystem.name} | ${title} | ${cuts} | ${acknowledged} | ${problems.length} |`,
    );
    const refusals = problems.filter((problem) => problem.includes('Error'));
    const wrong = synchronous === 'full' ? problems : refusals;
    for (const problem of wrong.slice(0, 10)) console.error(`  ${problem}`);
    if (synchronous === 'full' || problems.length > 0) return wrong.length;
    console.error('  The control found nothing: the rig is blind for that here.');
    return 1;
  }
}
