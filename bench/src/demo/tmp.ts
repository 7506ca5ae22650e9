import { createIngestHandler } from '../../../apps/demo/src/ingest-handler.ts';
import { runHandler } from '@offstage/core';
import { parseFile } from '../../../apps/demo/src/parse/parse-file.ts';
import { SearchIndexWriter } from '../../../apps/demo/src/search-index.ts';
import { collect } from '../../../apps/demo/src/collect.ts';
import { readFileSync, mkdtempSync } from 'node:fs';
import { writeMarkdownCorpus } from './markdown-corpus.ts';
const folder = mkdtempSync('/tmp/mdc-');
console.log(writeMarkdownCorpus(folder, 2000));
const ingestHandler = createIngestHandler();
const input = ingestHandler.definition.input.parse({ folder, dataFolder: mkdtempSync('/tmp/try-data') });
for (let i=0;i<4;i++){
let t=performance.now();
const r = await runHandler(ingestHandler as any, { input, signal: new AbortController().signal, report: () => {}, jobId: 'x', attempt: 1 } as any);
const ours = performance.now()-t;
t=performance.now();
const w = new SearchIndexWriter(mkdtempSync('/tmp/try-p')+'/x.sqlite');
let pt=0, it=0;
for (const f of collect(folder).files) { const b = readFileSync(f.absolute); let u=performance.now(); const d = await parseFile(b, '.md'); pt+=performance.now()-u; u=performance.now();w.addDocument({path:f.path,bytes:b.length,sha256:null,modifiedAt:null}, d); it+=performance.now()-u; }
w.finish();
console.log((r.outcome as any).type, ours|0, (performance.now()-t)|0, pt|0, it|0, w.passages);
}
