import type { JobStatus, ListFilter } from '@offstage/core';
import { badRequest } from './refusal.ts';

/** Ids of every engine are of this form, so that they can stand in a path and in a log. */
export const isJobId = (id: string): boolean => /^[\w.:~@=+-]{1,200}$/.test(id);

/** @throws Refusal 400 */
export function requireJobId(id: string): string {
  if (!isJobId(id)) {
    throw badRequest('A job id has 1 to 200 letters, digits and the signs - _ . : ~ @ = +');
  }
  return id;
}

/** `?after=&limit=`, either of which may be missing. @throws Refusal 400 */
export function readPage(query: URLSearchParams) {
  return { after: readCount(query, 'after'), limit: readCount(query, 'limit') };
}

/** A cursor, such as `Last-Event-ID`. @throws Refusal 400 */
export function parseCount(text: string, name: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw badRequest(`${name} must be a whole number, 0 or more.`);
  }
  return value;
}

const statuses: ReadonlySet<string> = new Set<JobStatus>([
  'queued',
  'running',
  'succeeded',
  'failed',
  'canceled',
]);
const isStatus = (text: string): text is JobStatus => statuses.has(text);

/** `?status=running&status=queued&name=…&limit=…&before=…&results=true`. @throws Refusal 400 */
export function readFilter(query: URLSearchParams): ListFilter {
  const asked = [...new Set(query.getAll('status'))];
  const known = asked.filter(isStatus);
  if (known.length < asked.length) {
    throw badRequest(`status must be one of ${[...statuses].join(', ')}.`);
  }
  const name = readOne(query, 'name');
  if (name !== undefined && name.length > 100) {
    throw badRequest('name must be the name of a job: at most 100 characters.');
  }
  const limit = readCount(query, 'limit');
  if (limit === 0) throw badRequest('limit must be at least 1.');
  const before = readOne(query, 'before');
  const results = readOne(query, 'results') ?? 'false';
  if (results !== 'true' && results !== 'false') throw badRequest('results must be true or false.');
  return {
    status: known.length === 0 ? undefined : known,
    name,
    limit,
    before: before === undefined ? undefined : requireJobId(before),
    results: results === 'true',
  };
}

function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = readOne(query, name);
  return text === undefined ? undefined : parseCount(text, name);
}

function readOne(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  if (values.length > 1) throw badRequest(`${name} may be given once.`);
  return values[0];
}
