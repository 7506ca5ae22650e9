import { defineJob, type ResultOf } from '@offstage/core';
import { z } from 'zod';
import { fileLimits } from '../reading/parser-settings.ts';

const fileFailureView = z.object({ path: z.string(), code: z.string(), message: z.string() });

/** How many left-out files a result names; the index in the snapshot names them all. */
export const maxListedFailures = 100;

/**
 * Makes a searchable snapshot of a folder of documents. What has not changed since the version before is
 * taken over from it, and where nothing has, nothing is published. Parsing, chunking and indexing overlap, so
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
    /** Every file is compared by its content, whatever its times say. */
    checksum: z.boolean().default(false),
    /** Nothing is taken up of what a run that was cut short had parsed. */
    fresh: z.boolean().default(false),
    /** A file that was changed more recently, in milliseconds, waits: it stays as it is in the corpus. */
    settleMs: z.number().int().min(0).default(0),
    /** Paths of files that do not wait any longer. */
    takeUnsettled: z.array(z.string()).default([]),
    /** False looks alone whether there would be something to publish. */
    publish: z.boolean().default(true),
  }),
  result: z.object({
    /** The current version after it; empty where there is none. */
    version: z.string(),
    gen: z.number(),
    /** False where nothing had changed: no version was made. */
    published: z.boolean(),
    /** False where something has changed that was not to be published. */
    upToDate: z.boolean(),
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
    /**
     * Of the folder, compared with the version before. The first four are all that was found, `documents`
     * and `failed` alike, less `uploads`.
     */
    unchanged: z.number(),
    added: z.number(),
    changed: z.number(),
    /** The same content under another path. */
    moved: z.number(),
    removed: z.number(),
    /** Files in the corpus that are no part of the folder: they were uploaded, and stay. */
    uploads: z.number(),
    /** Of those that are unchanged: read anew, since what reads their kind is another by now. */
    reread: z.number(),
    /** Files that a parser had to read. */
    parsed: z.number(),
    /** Paths of files that are being written to, and wait; at most `maxListedFailures`. */
    unsettled: z.array(z.string()).readonly(),
  }),
  phases: ['scan', 'parse', 'index', 'snapshot', 'done'],
});

export type IngestResult = ResultOf<typeof ingest>;
