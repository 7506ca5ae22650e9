import path from 'node:path';
import { stopOnSignal } from '../cli/stop-on-signal.ts';
import { DataFolderInUseError } from './data-lock.ts';
import { DocumentsServer } from './documents-server.ts';

async function main(): Promise<number | undefined> {
  const {
    OFFSTAGE_DATA,
    OFFSTAGE_HOSTS,
    HOST,
    PORT,
    OFFSTAGE_DEBUG,
    OFFSTAGE_STUB,
    OFFSTAGE_PARSERS,
  } = process.env;
  const port = Number(PORT ?? 4173);
  if (!Number.isSafeInteger(port) || port < 0 || port > 65_535) {
    console.error('PORT must be a number from 0 to 65535.');
    return 1;
  }
  // Not where the command was typed: documents are to be there again next time.
  const dataFolder = path.resolve(OFFSTAGE_DATA ?? path.join(import.meta.dirname, '../../data'));
  let server: DocumentsServer;
  try {
    server = new DocumentsServer({
      ...{ dataFolder, port, host: HOST },
      allowedHosts:
        OFFSTAGE_HOSTS === '*' ? 'any' : OFFSTAGE_HOSTS?.split(',').map((name) => name.trim()),
      parsers: Number(OFFSTAGE_PARSERS) || undefined,
      debug: OFFSTAGE_DEBUG !== undefined,
      stub: OFFSTAGE_STUB === '1',
    });
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) throw error;
    const where = error.address === undefined ? '' : ` at ${error.address}`;
    console.log(`Documents is running already${where}`);
    return 0;
  }
  // One Ctrl-C comes from the terminal and from npm; a second one means it.
  const stop = stopOnSignal({
    cancel: () => void server.shutdown().then(() => process.exit(stop.exitCode())),
    endAtOnce: () => undefined,
  });
  const { url, port: bound } = await server.start();
  if (port !== 0 && bound !== port) console.log(`Port ${port} is taken.`);
  console.log(`Documents is at ${url}`);
  console.log('Press Ctrl-C to stop.');
  return undefined;
}

const code = await main();
if (code !== undefined) process.exitCode = code;
