import { OffstageError } from '../foundation/errors.ts';
import { nameOf, type VersionRef } from './current.ts';

export const missingContent = (label: string, ref: VersionRef): OffstageError =>
  new OffstageError(
    'corrupt',
    `The files of version ${nameOf(ref)} are missing in ${label}: roll back to another version, or publish anew.`,
    { details: { version: nameOf(ref) } },
  );
