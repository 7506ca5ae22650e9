import { OffstageError } from '@offstage/core';
import { unknownDefinition } from '@offstage/core/engine';

/** A manager starts what it was given the definitions of; where handlers are is not its to know. */
export function missingDefinition(
  definition: Parameters<typeof unknownDefinition>[0],
): OffstageError {
  const { code, details } = unknownDefinition(definition);
  return new OffstageError(
    code,
    `Job "${details.name}" is not among the definitions of this manager. Give it to BullJobManager.`,
    { details },
  );
}
