/** Calls what belongs to a key, unless somebody is writing or is being asked. Returns the way to stop. */
export function watchKeys(actions: Readonly<Record<string, () => void>>): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const action = actions[key];
    if (action === undefined || event.defaultPrevented || ctrlKey || metaKey || altKey) return;
    const isWriting =
      target instanceof Element && target.closest('input, textarea, select, [contenteditable]');
    if (isWriting || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    action();
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
