/**
 * `Symbol.asyncDispose`, and in engines that do not have it yet the symbol that compilers put in its
 * place for `await using`.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
