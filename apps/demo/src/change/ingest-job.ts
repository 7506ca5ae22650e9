import { defineJob, type ResultOf } from '@offstage/core';
import { z } from 'zod';
import { fileLimits } from '../reading/parser-settings.ts';

const fileFailureView = z.object({ path: z.string(), code: z.string(), message: z.string() });

/** How many left-out files a result names; the index in the snapshot names them all. */
export const maxListedFailures = 100;

/**
 * Makes a searchable snapshot of a folder of documents. Parsing, chunking and indexing overlap, so
 * `parse` covers them all and `index` only closes the index.
 *
 * Public failure codes: `folder_not_found`, `not_a_folder`, `folder_unreadable`, `no_documents`,
 * `too_many_files`, `nothing_readable`, `locked`, `storage_full`, `storage_denied`,
 * `storage_failed`, `corrupt`, `commit_indeterminate` and further codes of the snapshot store.
 */
export const ingest = defineJob({
  name: 'documents.ingest',
  input: z.object({
    /** Absolute. */
    folder: z.string().min(1),
    /** Absolute; holds the snapshots. */
    dataFolder: z.string().min(1),
    ...fileLimits,
    maxFiles: z.number().int().min(1).default(100_000),
  }),
  result: z.object({
    version: z.string(),
    gen: z.number(),
    documents: z.number(),
    passages: z.number(),
    /** Of the documents in the index. */
    bytes: z.number(),
    /** Files left out, each with its reason. */
    failed: z.number(),
    /** At most `maxListedFailures` of them. */
    failures: z.array(fileFailureView).readonly(),
    /** Entries that were passed over: hidden, left by a system, or another data folder. */
    hidden: z.number(),
  }),
  phases: ['scan', 'parse', 'index', 'snapshot', 'done'],
});

export type IngestResult = ResultOf<typeof ingest>;
