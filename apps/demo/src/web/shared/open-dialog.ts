/** Opens a dialog. What is returned closes it, and gives the focus back to whatever asked for it. */
export function openDialog(dialog: HTMLDialogElement): () => void {
  const opener = document.activeElement;
  dialog.showModal();
  return () => {
    dialog.close();
    // The browser does so too, but not for a dialog that has left the page by now.
    if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  };
}
