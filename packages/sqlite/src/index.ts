export { type SqliteJournalOptions, sqliteJournal } from './host/sqlite-journal.ts';
