export interface Render<Props, Value> {
  readonly props: Props;
  readonly value: Value;
}

/** Calls a hook and keeps what each render saw, in order. */
export function Host<Props, Value>({
  hook,
  props,
  renders,
}: {
  readonly hook: (props: Props) => Value;
  readonly props: Props;
  readonly renders: Render<Props, Value>[];
}): null {
  renders.push({ props, value: hook(props) });
  return null;
}
