/** Something that can be done, as a button shows it. */
export interface Action {
  /** Another button for another action: what has the focus is not to do something else all at once. */
  readonly key: string;
  readonly label: string;
  /** How the label goes on for a screen reader. */
  readonly more?: string | undefined;
  /** @default 'plain' */
  readonly look?: 'main' | 'plain' | 'quiet' | undefined;
  /** It is being done: the button stays where it is, and does nothing more. */
  readonly isUnderWay?: boolean | undefined;
  readonly isDisabled?: boolean | undefined;
  /** Of a button that stays pressed. */
  readonly isPressed?: boolean | undefined;
  /** Set apart, since something is lost by it. */
  readonly isRemoval?: boolean | undefined;
  readonly act: () => void;
}

export function actionClass({ look = 'plain', isRemoval = false }: Action): string {
  const looks = { main: '', plain: ' button--plain', quiet: ' button--quiet' };
  return `button${looks[look]} button--small${isRemoval ? ' row-remove' : ''}`;
}

export function act({ isUnderWay = false, act: doIt }: Action): void {
  if (!isUnderWay) doIt();
}
