import type { Action } from '../../shared/action.ts';
import { ActionButton } from './action-button.tsx';

/** Buttons side by side; nothing where there is none. */
export const Actions = ({ actions }: { actions: readonly Action[] }) =>
  actions.length > 0 && (
    <div className="buttons">
      {actions.map((action) => (
        <ActionButton key={action.key} action={action} />
      ))}
    </div>
  );
