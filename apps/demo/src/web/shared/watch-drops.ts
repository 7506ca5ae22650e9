import { filesOfDrop, type LookThrough } from './dropped-files.ts';

/**
 * Takes files that are dropped anywhere on the page, so that none is opened in its place for having
 * missed the zone by a little. Returns the way to stop.
 */
export function watchDrops(
  onOver: (isOver: boolean) => void,
  onFiles: (files: LookThrough) => void,
): () => void {
  const watch = new AbortController();
  const { signal } = watch;
  const hold = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    onOver(true);
  };
  const leave = (event: DragEvent): void => {
    if (event.relatedTarget === null) onOver(false);
  };
  const drop = (event: DragEvent): void => {
    onOver(false);
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    onFiles(filesOfDrop(event.dataTransfer));
  };
  document.addEventListener('dragenter', hold, { signal });
  document.addEventListener('dragover', hold, { signal });
  document.addEventListener('dragleave', leave, { signal });
  document.addEventListener('drop', drop, { signal });
  return () => watch.abort();
}
