import { defineJob, type ResultOf } from '@offstage/core';
// The small build of zod: pages load this module too.
import {
  array,
  boolean,
  nullable,
  number,
  object,
  enum as oneOf,
  optional,
  readonly,
  string,
} from 'zod/mini';

/** How many files a result names, those that failed first; the index in the snapshot has them all. */
export const maxListedOutcomes = 200;

/**
 * What became of one uploaded file:
 * - `added`, or `changed` where a document of that name was replaced;
 * - `duplicate`: the same content is there already, and nothing was done;
 * - `failed`: it is listed with the reason, and not searchable.
 */
export const fileOutcomes = ['added', 'changed', 'duplicate', 'failed'] as const;

const fileOutcome = object({
  upload: string(),
  /** As the corpus lists it: a second file of one name in the same change gets a number. */
  name: string(),
  bytes: number(),
  outcome: oneOf(fileOutcomes),
  /** What was left out of one that can be searched, in plain sentences. */
  notes: readonly(array(string())),
  problem: nullable(object({ code: string(), message: string() })),
});

/**
 * Changes the corpus: adds uploads, removes documents, tries files again that could not be read, and
 * publishes the outcome as a new version, all of it or nothing. With none of these, it indexes everything
 * again where the settings have changed.
 *
 * Public failure codes: `nothing_readable`, `unknown_upload`, `nothing_to_do`, `locked`,
 * `storage_full`, `storage_denied`, `storage_failed`, `corrupt`, `commit_indeterminate`,
 * `change_timeout`, and `EMFILE`, `ENFILE`, `EAGAIN`, `ENOMEM` for what the system lacks. After any but
 * the first three, and after a cancel, its uploads wait to be started again with.
 */
export const change = defineJob({
  name: 'documents.change',
  input: object({
    /** Ids that `POST /api/uploads` gave to this session. */
    add: array(string()),
    /** Ids of documents of the current version; one that is gone already is passed over. */
    remove: array(string()),
    /** Ids of documents that failed; those whose files the version does not keep are passed over. */
    retry: optional(array(string())),
  }),
  result: object({
    /** The current version after the change. */
    version: string(),
    gen: number(),
    /** False where nothing had to change (all files were duplicates): no version was made. */
    published: boolean(),
    /** Of the whole version: documents that can be searched, their passages and bytes, and files that failed. */
    documents: number(),
    passages: number(),
    bytes: number(),
    failed: number(),
    /** Of this change. */
    added: number(),
    changed: number(),
    removed: number(),
    duplicates: number(),
    newlyFailed: number(),
    /** Of those that were added or changed: how many were read in part. */
    partly: number(),
    /** At most `maxListedOutcomes`. */
    files: readonly(array(fileOutcome)),
  }),
  phases: ['save', 'parse', 'index', 'snapshot', 'done'],
});

export type ChangeResult = ResultOf<typeof change>;
export type FileOutcome = ChangeResult['files'][number];
