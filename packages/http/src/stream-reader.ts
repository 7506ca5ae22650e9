/** Who a stream writes to. It asks for each text with `pull`. */
export interface StreamReader {
  write(text: string): void;
  end(): void;
}
