import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotStore } from '@offstage/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { cliFile, runCli, startCli } from '../../fixtures/run-cli.ts';
import { nodeStorage } from '../node-storage.ts';

const posix = process.platform !== 'win32';

function scratch(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'offstage-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const storeIn = (folder: string) =>
  new SnapshotStore({ storage: nodeStorage(folder), metadata: z.unknown(), retain: 100 });

async function publish(folder: string, text: string): Promise<string> {
  await using draft = await storeIn(folder).begin();
  await draft.write('a.txt', text, { mediaType: 'text/plain' });
  await draft.write('sub/b.txt', text.repeat(1000));
  return (await draft.finalize({ title: text })).version;
}

async function withVersions(count: number) {
  const folder = join(scratch(), 'store');
  const versions: string[] = [];
  for (let n = 1; n <= count; n += 1) versions.push(await publish(folder, `text ${n}`));
  return { folder, versions };
}

/** All files below, with their contents and times. */
const stateOf = (folder: string): readonly unknown[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const stats = statSync(join(folder, name));
      return [name, stats.mtimeMs, stats.isFile() ? readFileSync(join(folder, name), 'hex') : ''];
    });

async function jsonOf(...args: readonly string[]) {
  const { code, stdout, stderr } = await runCli(...args, '--json');
  expect(stderr).toBe('');
  expect(stdout.endsWith('\n')).toBe(true);
  return { code, ...JSON.parse(stdout) };
}

const gensOf = async (folder: string): Promise<readonly number[]> =>
  (await storeIn(folder).list()).map(({ gen }) => gen);

describe('list and show', () => {
  test('S11 list marks the current version, and what a rollback brought back', async () => {
    const { folder, versions } = await withVersions(3);
    const { version } = await storeIn(folder).rollback(2);
    const { code, stdout, stderr } = await runCli(folder, 'list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [titles, ...rows] = stdout.trimEnd().split('\n');
    expect(titles).toMatch(/^ {3}gen {2}version +published +files +size$/);
    expect(rows.map((row) => row.replace(/\d{4}-\d\d-\d\dT[\d:]{8}[+-]\d\d:\d\d/, 'T'))).toEqual([
      `*    4  ${version}  T      2  5.9 KiB  content of 2`,
      `     3  ${versions[2]}  T      2  5.9 KiB`,
      `     2  ${versions[1]}  T      2  5.9 KiB`,
      `     1  ${versions[0]}  T      2  5.9 KiB`,
    ]);
    const limited = await runCli(folder, 'list', '--limit', '1');
    expect(limited.stdout).toContain('\nand 3 older versions\n');
    expect(await jsonOf(folder, 'list', '--limit', '2')).toEqual({
      code: 0,
      folder,
      kept: 4,
      versions: [
        expect.objectContaining({ gen: 4, version, current: true, content: versions[1] }),
        {
          gen: 3,
          version: versions[2],
          current: false,
          createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
          content: versions[2],
          files: 2,
          bytes: 6006,
          leased: false,
        },
      ],
    });
  });

  test('S10 list and show tell which versions another process reads', async () => {
    const { folder } = await withVersions(2);
    await using reader = await storeIn(folder).open(1);
    expect((await runCli(folder, 'list')).stdout).toMatch(/ 1 {2}1-.* in use\n/);
    const { versions } = await jsonOf(folder, 'list');
    expect(versions.map(({ leased }: { leased: boolean }) => leased)).toEqual([false, true]);
    expect((await runCli(folder, 'show', String(reader.gen))).stdout).toContain('in use      yes');
    expect((await runCli(folder, 'show')).stdout).toContain('in use      no');
  });

  test('S9 show prints the metadata of any schema, and files with sizes and digests', async () => {
    const { folder, versions } = await withVersions(1);
    const { stdout } = await runCli(folder, 'show', '1', '--files');
    expect(stdout).toContain(`version     ${versions[0]} (current)\n`);
    expect(stdout).toContain(`path        ${join(folder, String(versions[0]))}\n`);
    expect(stdout).toContain('metadata\n  {\n    "title": "text 1"\n  }\n');
    expect(stdout).toMatch(/\n {6}6 B {2}[0-9a-f]{64} {2}a\.txt \(text\/plain\)\n/);
    expect(stdout).toMatch(/\n {2}5\.9 KiB {2}[0-9a-f]{64} {2}sub\/b\.txt\n$/);
    expect(await jsonOf(folder, 'show')).toMatchObject({
      version: versions[0],
      files: 2,
      bytes: 6006,
      metadata: { title: 'text 1' },
      entries: [{ path: 'a.txt', bytes: 6, mediaType: 'text/plain' }, { path: 'sub/b.txt' }],
      durability: expect.stringMatching(/^(durable|process-crash-safe|best-effort)$/),
    });
  });

  test('S11 a store in which nothing was published yet is listed as such', async () => {
    const folder = scratch();
    await storeIn(folder).recover();
    expect((await runCli(folder, 'list')).stdout).toBe(`Nothing was published in ${folder} yet.\n`);
    expect(await jsonOf(folder, 'list')).toEqual({ code: 0, folder, kept: 0, versions: [] });
    expect(await jsonOf(folder, 'show')).toMatchObject({ code: 1, error: { code: 'not_found' } });
    expect(await jsonOf(folder, 'verify')).toMatchObject({ code: 0, ok: true, versions: [] });
    expect(await jsonOf(folder, 'gc', '--retain', '1')).toMatchObject({ code: 0, removed: [] });
  });

  test.runIf(posix)('S3 names and metadata never reach the terminal as commands', async () => {
    const folder = scratch();
    await using draft = await storeIn(folder).begin();
    await draft.write('bad \u009b2J\u202e.txt', 'x', { mediaType: 'a\u009b2J' });
    const { version } = await draft.finalize({ '\u009b2J': '\u202e' });
    writeFileSync(join(folder, version, 'extra\u001b[2J\n'), '');
    for (const command of ['show', 'verify', 'list']) {
      const { stdout, stderr } = await runCli(folder, command);
      expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });
});

describe('verify', () => {
  test('S14 it exits 0 when all is as published, and changes nothing', async () => {
    const { folder, versions } = await withVersions(2);
    await storeIn(folder).rollback(1);
    const before = stateOf(folder);
    const { code, stdout, stderr } = await runCli(folder, 'verify');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // One content is compared once.
    expect(stdout).toMatch(
      /^ok {7}3-\w+ {2}2 files, 5\.9 KiB\nok {7}2-\w+ {2}2 files, 5\.9 KiB\n2 versions, 11\.7 KiB in [\d.]+ s: all as published\n$/,
    );
    const one = await jsonOf(folder, 'verify', '2');
    expect(one).toMatchObject({
      code: 0,
      ok: true,
      versions: [{ version: versions[1], files: 2 }],
    });
    expect(one.versions).toHaveLength(1);
    expect(stateOf(folder)).toEqual(before);
  });

  test('S9 S14 it exits 1 when something is damaged, naming each file', async () => {
    const { folder, versions } = await withVersions(4);
    const [first = '', second = '', third = ''] = versions;
    writeFileSync(join(folder, first, 'a.txt'), 'text X');
    rmSync(join(folder, first, 'sub/b.txt'));
    writeFileSync(join(folder, first, 'extra'), '');
    writeFileSync(join(folder, second, 'manifest.json'), '{}');
    rmSync(join(folder, third), { recursive: true });
    const before = stateOf(folder);
    const { code, stdout, stderr } = await runCli(folder, 'verify');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout.split('\n').map((line) => line.replace(/ in [\d.]+ s/, ''))).toEqual([
      `ok       ${versions[3]}  2 files, 5.9 KiB`,
      `damaged  ${third}`,
      '         manifest.json is missing or is not what was published',
      `damaged  ${second}`,
      '         manifest.json is missing or is not what was published',
      `damaged  ${first}  2 files, 6 B`,
      '         a.txt has another content',
      '         sub/b.txt is missing',
      '         extra was not published',
      '4 versions, 5.9 KiB: 5 problems in 3 versions',
      '',
    ]);
    expect(await jsonOf(folder, 'verify', '1')).toMatchObject({
      code: 1,
      ok: false,
      versions: [{ gen: 1, problems: [{ path: 'a.txt', problem: 'has another content' }, {}, {}] }],
    });
    expect(await jsonOf(folder, 'verify', '4')).toMatchObject({ code: 0, ok: true });
    expect((await runCli(folder, 'list')).stdout).toMatch(/ 3 {2}3-.* \? +\? {2}damaged\n/);
    expect(stateOf(folder)).toEqual(before);
  });
});

test.runIf(posix)('S14 Ctrl-C ends a comparison that takes long, exit 130', async () => {
  const { folder, versions } = await withVersions(2);
  // A hole of that size takes longer to read than any test.
  truncateSync(join(folder, String(versions[0]), 'a.txt'), 2 ** 38);
  const cli = startCli([folder, 'verify']);
  expect(await cli.nextLine()).toMatch(/^ok {7}2-/);
  cli.process.kill('SIGINT');
  const { code, stderr } = await cli.ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
});

describe('rollback', () => {
  test('S11 it prints what was and what is current, and removes no version', async () => {
    const { folder, versions } = await withVersions(8);
    const { code, stdout, stderr } = await runCli(folder, 'rollback', '2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(
        `^was {2}8 {2}${versions[7]} {2}\\S+\nnow {2}9 {2}9-\\w+ {2}\\S+\nwith the content of generation 2 \\(${versions[1]}\\)\n`,
      ),
    );
    expect(await gensOf(folder)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(await jsonOf(folder, 'rollback', '8', '--verify')).toMatchObject({
      code: 0,
      was: { gen: 9 },
      now: { gen: 10, content: versions[7] },
    });
    await using current = await storeIn(folder).current();
    expect(current?.metadata).toEqual({ title: 'text 8' });
  });

  test('S11 the current generation, an unknown one and a damaged one change nothing', async () => {
    const { folder, versions } = await withVersions(3);
    writeFileSync(join(folder, String(versions[0]), 'a.txt'), 'text X');
    writeFileSync(join(folder, String(versions[1]), 'manifest.json'), '{}');
    const before = readFileSync(join(folder, 'CURRENT'), 'utf8');
    const codeOf = async (...args: string[]) => {
      const { code, error } = await jsonOf(folder, 'rollback', ...args);
      return [code, error.code];
    };
    expect(await codeOf('3')).toEqual([1, 'conflict']);
    expect(await codeOf('9')).toEqual([1, 'not_found']);
    expect(await codeOf('2')).toEqual([1, 'corrupt']);
    expect(await codeOf('1', '--verify')).toEqual([1, 'corrupt']);
    expect(readFileSync(join(folder, 'CURRENT'), 'utf8')).toBe(before);
  });

  test('S7 it waits for another writer as long as it is told, then exits 1', async () => {
    const { folder } = await withVersions(2);
    const draft = await storeIn(folder).begin();
    const { code, stderr } = await runCli(folder, 'rollback', '1', '--lock-timeout', '0');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Failed: Another writer is at work in .* \[locked\]\n$/);
    const waiting = startCli([folder, 'gc', '--lock-timeout', '60000', '--json']);
    await draft.discard();
    expect(await waiting.ended).toMatchObject({ code: 0 });
  });
});

describe('watch', () => {
  test('S13 it prints each new generation in order, as lines of JSON', async () => {
    const { folder, versions } = await withVersions(2);
    const cli = startCli([folder, 'watch', '--json', '--after', '1']);
    expect(JSON.parse(await cli.nextLine())).toMatchObject({ gen: 2, version: versions[1] });
    versions.push(await publish(folder, 'text 3'));
    expect(JSON.parse(await cli.nextLine())).toMatchObject({ gen: 3, version: versions[2] });
    const { version } = await storeIn(folder).rollback(1);
    expect(JSON.parse(await cli.nextLine())).toEqual({
      gen: 4,
      version,
      createdAt: expect.any(String),
      content: versions[0],
    });
    cli.process.kill('SIGINT');
    const { code, stderr } = await cli.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  });

  test('S13 --once ends after the first one, also in a folder that was empty', async () => {
    const folder = scratch();
    const cli = startCli([folder, 'watch', '--once']);
    await cli.said;
    const version = await publish(folder, 'text 1');
    const { code, stdout, stderr } = await cli.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^\\S+ {2}${version}\n$`));
    expect(stderr).toBe('Watching for what comes after generation 0. Ctrl-C ends.\n');
  });

  test.runIf(posix)('S13 it ends when nobody reads it any more', async () => {
    const { folder } = await withVersions(1);
    const cli = startCli([folder, 'watch', '--json', '--after', '0']);
    await cli.nextLine();
    cli.process.stdout?.destroy();
    await publish(folder, 'text 2');
    const { code, stderr } = await cli.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('gc', () => {
  test('S12 S15 it removes what killed writers left, and no version unless told', async () => {
    const { folder, versions } = await withVersions(3);
    const leftovers = ['2-0123456789abcdef', '_tmp-0123456789abcdef'];
    for (const name of leftovers) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'foreign.txt'), 'stays');
    const { code, stdout } = await runCli(folder, 'gc');
    expect(code).toBe(0);
    expect(stdout).toBe(
      'removed      _tmp-0123456789abcdef\nremoved      2-0123456789abcdef\nRemoved 1 version and 1 leftover; 3 versions kept.\n',
    );
    expect((await runCli(folder, 'gc')).stdout).toBe('Nothing to remove; 3 versions kept.\n');
    expect(readdirSync(folder).sort()).toEqual(
      ['CURRENT', 'LOCK', 'foreign.txt', ...versions].sort(),
    );
  });

  test('S10 S12 --retain keeps the newest, what is in use, and what is younger than --min-age', async () => {
    const { folder, versions } = await withVersions(5);
    await using _reader = await storeIn(folder).open(2);
    const young = await jsonOf(folder, 'gc', '--retain', '1', '--min-age', '1h');
    expect(young).toMatchObject({ code: 0, removed: [] });
    const first = await jsonOf(folder, 'gc', '--retain', '2');
    expect(first).toEqual({
      code: 0,
      removed: [versions[0], versions[2]],
      failed: [],
      kept: [versions[4], versions[3], versions[1]],
    });
    expect(await gensOf(folder)).toEqual([5, 4, 2]);
    expect((await storeIn(folder).verify()).ok).toBe(true);
  });
});

describe('bad input', () => {
  test('S14 wrong usage exits 2, with --json as JSON; help and version exit 0', async () => {
    expect(await runCli('x', 'list', '--frob')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^Unknown option '--frob'.*\nMore: offstage-snapshots --help\n$/,
      ),
    });
    expect(await jsonOf('x', 'frob')).toMatchObject({ code: 2, error: { code: 'usage' } });
    const help = await runCli('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
    expect((await runCli('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });

  test.each([[['list']], [['gc']], [['watch']]])(
    'S16 %j of a folder that is not there creates nothing',
    async (command) => {
      const above = scratch();
      const { code, stdout, stderr } = await runCli(join(above, 'nope'), ...command);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(`Failed: There is no folder ${join(above, 'nope')}. [not_found]\n`);
      expect(readdirSync(above)).toEqual([]);
    },
  );

  test.each([[['verify']], [['rollback', '1']], [['gc', '--retain', '1']]])(
    'S16 %j of a folder without snapshots leaves it alone',
    async (command) => {
      const folder = scratch();
      writeFileSync(join(folder, 'foreign'), '');
      expect(await jsonOf(folder, ...command)).toMatchObject({
        code: 1,
        error: { code: 'not_found', message: expect.stringContaining('holds no snapshots') },
      });
      expect(readdirSync(folder)).toEqual(['foreign']);
      const file = await jsonOf(join(folder, 'foreign'), ...command);
      expect(file).toMatchObject({ code: 1, error: { code: 'not_found' } });
    },
  );

  test.each([[['list']], [['verify']], [['gc']], [['watch']]])(
    'S15 %j with a broken CURRENT says so, shows no stack, and changes nothing',
    async (command) => {
      const { folder } = await withVersions(1);
      writeFileSync(join(folder, 'CURRENT'), '{"format":1}');
      const before = stateOf(folder);
      const { code, stdout, stderr } = await runCli(folder, ...command);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^Failed: CURRENT of .* is damaged\..*\[corrupt\]\n$/);
      expect(stateOf(folder)).toEqual(before);
    },
  );

  test.runIf(posix)('S14 who reads only the first lines is no failure', async () => {
    const folder = scratch();
    await using draft = await storeIn(folder).begin();
    for (let n = 0; n < 3000; n += 1) await draft.write(`file-${n}`, '');
    await draft.finalize(null);
    const cli = startCli([folder, 'show', '--files']);
    await cli.nextLine();
    cli.process.stdout?.destroy();
    const { code, stderr } = await cli.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

// Root may write anywhere, so the command runs as nobody then.
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
const reads = `require('fs').readFileSync(${JSON.stringify(cliFile)})`;
const canRunAsReader =
  posix && spawnSync(process.execPath, ['-e', reads], { ...nobody }).status === 0;

test.runIf(canRunAsReader)(
  'S8 S14 a folder that may only be read is listed, shown and verified',
  async () => {
    const { folder, versions } = await withVersions(2);
    chmodSync(join(folder, '..'), 0o755);
    const restrict = (read: number, enter: number): void => {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const path = join(folder, name);
        chmodSync(path, statSync(path).isDirectory() ? enter : read);
      }
      chmodSync(folder, enter);
    };
    restrict(0o444, 0o555);
    onTestFinished(() => restrict(0o644, 0o755));
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await startCli([folder, ...args], { ...nobody, cwd: '/' })
        .ended;
      return { code, stdout, stderr };
    };
    const listed = await run('list', '--json');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(listed.stdout).versions).toMatchObject([
      // A lease shows only to those who may write.
      { version: versions[1], leased: null, files: 2 },
      { version: versions[0], leased: null, files: 2 },
    ]);
    expect((await run('show')).stdout).toContain('in use      cannot be told here\n');
    expect(await run('verify')).toMatchObject({ code: 0, stderr: '' });
    for (const command of [['rollback', '1'], ['gc']]) {
      const { code, stderr } = await run(...command);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Failed: .*permissions.*\[storage_denied\]\n$/);
    }
  },
);
