import { asSentence } from '../../shared/format.ts';

interface Reason {
  readonly name: string;
  readonly text: string;
}

/** Files, each with a few plain words. A long list scrolls, also by keyboard. */
export const ReasonList = ({ label, reasons }: { label: string; reasons: readonly Reason[] }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
  <section className="reasons" aria-label={label} tabIndex={0}>
    <ul className="reason-list">
      {reasons.map(({ name, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: names may be there twice, and rows never move.
        <li key={index} className="reason">
          <bdi className="name">{name}</bdi>
          <span className="reason-text">{asSentence(text)}</span>
        </li>
      ))}
    </ul>
  </section>
);
