import { listTools } from '../../shared/list-tools.ts';
import { useApp } from '../app-context.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Select } from '../parts/select.tsx';
import { useStore } from '../use-store.ts';

export function ListTools() {
  const { documents } = useApp();
  const { label, name, onName, selects, actions } = listTools(useStore(documents), documents);
  return (
    <search className="list-tools" aria-label={label}>
      <input
        className="field"
        type="search"
        aria-label={name.label}
        placeholder={name.label}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        value={name.value}
        onChange={({ currentTarget }) => onName(currentTarget.value)}
      />
      {selects.map((view) => (
        <Select key={view.label} view={view} />
      ))}
      {actions.map((action) => (
        <ActionButton key={action.key} action={action} />
      ))}
    </search>
  );
}
