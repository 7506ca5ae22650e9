import type { Text } from './text.ts';

/** Who a stream writes to. It asks for each text with `pull`. */
export interface StreamReader {
  write(text: Text): void;
  end(): void;
}
