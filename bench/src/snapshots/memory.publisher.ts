// Publishes so many files, or one file of so many MiB, and prints its own peak of resident memory.
import { storeIn, uniqueContent } from './scratch.ts';

const [folder = '', shape, count = '0'] = process.argv.slice(2);
const mebibyte = Buffer.alloc(1024 * 1024, 'content ');

async function* mebibytes(): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < Number(count); index += 1) {
    mebibyte.writeUInt32LE(index, 0);
    yield mebibyte;
  }
}

await using draft = await storeIn(folder).begin();
if (shape === 'bytes') await draft.write('large.bin', mebibytes());
else {
  for (let index = 0; index < Number(count); index += 1) {
    await draft.write(`files/${index % 100}/${index}.bin`, uniqueContent());
  }
}
await draft.finalize(null);
// Kibibytes, see getrusage(2).
console.log(process.resourceUsage().maxRSS / 1024);
