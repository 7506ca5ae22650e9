import { type Action, act, actionClass } from '../../shared/action.ts';

export const ActionButton = ({ action }: { action: Action }) => (
  <button
    type="button"
    className={actionClass(action)}
    disabled={action.isDisabled}
    aria-disabled={action.isUnderWay}
    aria-pressed={action.isPressed}
    onClick={() => act(action)}
  >
    {action.label}
    {action.more && <span className="hidden-visually">{action.more}</span>}
  </button>
);
