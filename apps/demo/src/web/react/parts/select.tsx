import type { ChoiceView } from '../../shared/list-tools.ts';

interface SelectProps {
  readonly view: ChoiceView;
  /** Of a label beside it, which then names it. */
  readonly id?: string;
}

export const Select = ({ view: { label, choices, value, onChoose }, id }: SelectProps) => (
  <select
    id={id}
    className="field"
    aria-label={id === undefined ? label : undefined}
    value={value}
    onChange={({ currentTarget }) => onChoose(currentTarget.value)}
  >
    {choices.map((choice) => (
      <option key={choice.value} value={choice.value}>
        {choice.label}
      </option>
    ))}
  </select>
);
