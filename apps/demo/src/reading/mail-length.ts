/** What stands before a mail that Apple Mail has kept. No mail begins so. */
export const lengthLine = /^(\d{1,12})[ \t]{0,8}\r?\n/;
