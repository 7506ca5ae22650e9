import { useEffect, useRef, useState } from 'react';
import { filesOfInput } from '../../shared/dropped-files.ts';
import { formatLimit } from '../../shared/format.ts';
import { watchDrops } from '../../shared/watch-drops.ts';
import { useApp } from '../app-context.ts';
import { useCurrentJob } from '../current-job.tsx';
import { useStore } from '../use-store.ts';

export function DropZone() {
  const { uploads, corpus } = useApp();
  const limits = useStore(corpus).data?.limits;
  const { isActive } = useCurrentJob();
  const [isOver, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // React knows no such attribute.
    if (folder.current) folder.current.webkitdirectory = true;
  }, []);
  useEffect(() => watchDrops(setOver, uploads.add), [uploads]);

  const take = ({ currentTarget }: React.ChangeEvent<HTMLInputElement>): void => {
    void uploads.add(filesOfInput(currentTarget.files ?? new DataTransfer().files));
    // So that the same files may be chosen again.
    currentTarget.value = '';
  };
  return (
    <section className={isOver ? 'drop drop--over' : 'drop'} aria-label="Add documents">
      <h2 className="drop-title">{isOver ? 'Let go to add them' : 'Add documents'}</h2>
      <p className="drop-hint">
        <span className="drop-mouse">Drop files or a folder anywhere on this page. </span>
        {isActive
          ? 'What you add now starts by itself when the change at work has ended.'
          : `PDF, Office, OpenDocument, EPUB, mail, tables, HTML and text${limits === undefined ? '' : `, up to ${formatLimit(limits.maxFileBytes)} each`}.`}
      </p>
      <div className="buttons">
        <button type="button" className="button" onClick={() => files.current?.click()}>
          Choose files
        </button>
        <button
          type="button"
          className="button button--plain"
          onClick={() => folder.current?.click()}
        >
          Choose a folder
        </button>
      </div>
      <input ref={files} type="file" multiple hidden onChange={take} />
      <input ref={folder} type="file" hidden onChange={take} />
    </section>
  );
}
