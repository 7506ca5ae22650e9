import type { DatabaseSync } from 'node:sqlite';

/** Raised whenever a reader of the former format would misread an index. */
export const indexFormat = 3;

/** What was left out of files that can be searched, in plain sentences. Came with the third format. */
const notesSchema = `
  CREATE TABLE file_notes (
    file INTEGER NOT NULL, place INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (file, place)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * By what a later ingest knows that it need not read a file again. An index that was made before has none
 * of these rows, and one that was begun by an older program has no such table: its files are read again.
 */
const factsSchema = `
  CREATE TABLE IF NOT EXISTS file_facts (
    file INTEGER PRIMARY KEY,
    -- See corpus/file-stamp.ts.
    stamp TEXT,
    -- Its title is its own, and was not made of its name.
    own_title INTEGER NOT NULL,
    -- By which it failed, where others might do.
    limits TEXT,
    -- See reading/reader-versions.ts.
    reader TEXT
  ) STRICT;
`;

/** Facts that were noted before readers had versions say nothing of theirs. */
export function addFacts(database: DatabaseSync): void {
  database.exec(factsSchema);
  if (!namesReaders(database)) database.exec('ALTER TABLE file_facts ADD COLUMN reader TEXT;');
}

const namesReaders = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM pragma_table_info('file_facts') WHERE name = 'reader'").get() !==
  undefined;

/**
 * Texts stand as they were written beside a full-text index of their folded form, which keeps no text of
 * its own. The tokenizer parts ASCII alone; whatever else is to be known of words is known to `tokens.ts`.
 */
export const indexSchema = `
  ${notesSchema}
  -- By the number of their first passage.
  CREATE TABLE passage_blocks (id INTEGER PRIMARY KEY, file INTEGER NOT NULL, texts BLOB NOT NULL) STRICT;
  -- Counting the documents of an answer reads this, and not the texts.
  CREATE TABLE passage_files (id INTEGER PRIMARY KEY, file INTEGER NOT NULL) STRICT;
  CREATE TABLE words (term TEXT PRIMARY KEY, passages INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE passages USING fts5 (
    title, heading, text, name, content = '', contentless_delete = 1, tokenize = 'ascii'
  );
  -- A match in the title counts six times, one in the heading three times; a name never outweighs a text.
  INSERT INTO passages (passages, rank) VALUES ('hashsize', 16777216);
  INSERT INTO passages (passages, rank) VALUES ('rank', 'bm25(6.0, 3.0, 1.0, 0.01)');
  PRAGMA user_version = ${indexFormat};
`;

export const formatOf = (database: DatabaseSync): number =>
  Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);

/** Whether its passages stand in the full-text table, as they did in the first format. */
export const hasFormerPassages = (database: DatabaseSync): boolean => formatOf(database) < 2;

const hasFacts = (database: DatabaseSync): boolean =>
  database
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'file_facts'")
    .get() !== undefined;

/** Gives an index of the second format, which is going to be written to, what it lacks. */
export function addNotes(database: DatabaseSync): void {
  if (formatOf(database) >= indexFormat) return;
  database.exec(`${notesSchema} PRAGMA user_version = ${indexFormat};`);
}

/**
 * Lets an index of a former format be read like one of today. One of the first has its texts in the
 * full-text table, and neither names nor a list of words: it is stale, and answers as it did. Before the
 * third, nobody took down what was left out.
 */
export function readAsCurrent(database: DatabaseSync): void {
  if (!hasFacts(database)) {
    database.exec('CREATE TEMP TABLE file_facts (file, stamp, own_title, limits, reader);');
  } else if (!namesReaders(database)) {
    database.exec('CREATE TEMP VIEW file_facts AS SELECT *, NULL AS reader FROM main.file_facts;');
  }
  if (formatOf(database) >= indexFormat) return;
  database.exec('CREATE TEMP TABLE file_notes (file INTEGER, place INTEGER, note TEXT);');
  if (!hasFormerPassages(database)) return;
  database.exec(`
    CREATE TEMP VIEW passage_files AS SELECT rowid AS id, file FROM main.passages;
    CREATE TEMP TABLE words (term TEXT PRIMARY KEY, passages INTEGER NOT NULL) WITHOUT ROWID;
  `);
}

/**
 * Every word of the index with the number of its passages: what stems, compounds and near words are looked
 * for in. Single characters are no words to choose from.
 */
export function listWords(database: DatabaseSync): void {
  database.exec(`
    DELETE FROM words;
    CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, passages, row);
    INSERT INTO words
      SELECT term, doc FROM temp.vocabulary WHERE length(term) BETWEEN 2 AND 40 AND term GLOB '*[^0-9]*';
    DROP TABLE temp.vocabulary;
  `);
}
