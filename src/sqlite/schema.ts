/** Tables of an account's database and of the directory, with their versions. */

import { EiderError } from '../errors.ts';
import type { SqliteDatabase } from './driver.ts';

// Placements hold what a listing needs and lie in the order of mailbox and UID, so that a listing is one range.
// `text` is the last column of `content`, so that reading the others never touches its overflow pages.
const ACCOUNT_V1 = `
  CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    modSeq INTEGER NOT NULL, octets INTEGER NOT NULL, messages INTEGER NOT NULL, labels INTEGER NOT NULL,
    nextId INTEGER NOT NULL, nextUidValidity INTEGER NOT NULL, changesExpired INTEGER NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, uidValidity INTEGER NOT NULL, uidNext INTEGER NOT NULL,
    specialUse TEXT, messages INTEGER NOT NULL, unseen INTEGER NOT NULL, deleted INTEGER NOT NULL,
    octets INTEGER NOT NULL, createdModSeq INTEGER NOT NULL, highestModSeq INTEGER NOT NULL
  );
  CREATE TABLE subscription (path TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE content (
    id INTEGER PRIMARY KEY, size INTEGER NOT NULL, digest BLOB NOT NULL, sentDate INTEGER,
    envelope TEXT NOT NULL, bodyStructure TEXT NOT NULL, preview TEXT NOT NULL, header BLOB NOT NULL,
    tree TEXT NOT NULL, segments TEXT NOT NULL, text BLOB NOT NULL
  );
  CREATE TABLE placement (
    mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, emailId INTEGER NOT NULL, contentId INTEGER NOT NULL,
    threadId INTEGER NOT NULL, modSeq INTEGER NOT NULL, mask INTEGER NOT NULL, keywords TEXT NOT NULL,
    internalDate INTEGER NOT NULL, saveDate INTEGER NOT NULL, sentDay INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
  ) WITHOUT ROWID;
  CREATE INDEX placementContent ON placement (contentId);
  CREATE TABLE vanished (
    mailbox INTEGER NOT NULL, modSeq INTEGER NOT NULL, uids TEXT NOT NULL, PRIMARY KEY (mailbox, modSeq)
  ) WITHOUT ROWID;
  CREATE TABLE change (modSeq INTEGER PRIMARY KEY, time INTEGER NOT NULL, items TEXT NOT NULL);
  CREATE TABLE threadKey (key BLOB PRIMARY KEY, threadId INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE blobReference (
    contentId INTEGER NOT NULL, position INTEGER NOT NULL, blobId BLOB NOT NULL, length INTEGER NOT NULL,
    size INTEGER NOT NULL, PRIMARY KEY (contentId, position)
  ) WITHOUT ROWID;
  CREATE INDEX blobReferenceBlob ON blobReference (blobId);
  CREATE TABLE pendingTerms (contentId INTEGER PRIMARY KEY, searchText TEXT);
  CREATE TABLE removedTerms (contentId INTEGER PRIMARY KEY);
  INSERT INTO state VALUES (1, 1, 0, 0, 0, 1, unixepoch(), 0, 0);
`;

// `mailbox` 0 is the account itself.
const ACCOUNT_V2 = `
  CREATE TABLE annotation (
    mailbox INTEGER NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (mailbox, name)
  );
`;

// An EXPUNGE finds the few messages that it is for without looking at all others.
const ACCOUNT_V3 = `
  CREATE INDEX placementDeleted ON placement (mailbox, uid) WHERE mask & 16;
`;

// The messages of a thread, in whichever mailboxes.
const ACCOUNT_V4 = `
  CREATE INDEX placementThread ON placement (threadId);
`;

const DIRECTORY_V1 = `
  CREATE TABLE account (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, passwordHash TEXT, octetLimit INTEGER, messageLimit INTEGER,
    copies TEXT NOT NULL, created INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE login (
    name TEXT PRIMARY KEY, accountId TEXT NOT NULL, position INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX loginAccount ON login (accountId, position);
`;

// Records of `engine/vault.ts`. `value` is text, kept as octets because bindings end a text at its first NUL; `count` is
// NULL where a record is no counter.
const DIRECTORY_V2 = `
  CREATE TABLE vault (
    owner TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, count INTEGER,
    version INTEGER NOT NULL, expires INTEGER, PRIMARY KEY (owner, kind, key)
  ) WITHOUT ROWID;
  CREATE INDEX vaultExpires ON vault (expires) WHERE expires IS NOT NULL;
`;

// Limits beside those of octets and messages, as JSON; `{}` for none.
const DIRECTORY_V3 = `
  ALTER TABLE account ADD COLUMN furtherLimits TEXT NOT NULL DEFAULT '{}';
`;

// Two indexes: header fields by substring, and words of header and body. Both without the text itself. A whole batch
// is gathered in memory, and pieces of the index are merged less often than by default: a third less work in all.
const SEARCH_V1 = `
  CREATE VIRTUAL TABLE search.field USING fts5(
    sender, recipient, cc, bcc, subject, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
  );
  CREATE VIRTUAL TABLE search.word USING fts5(
    header, body, content = '', contentless_delete = 1, tokenize = 'ascii', detail = column
  );
  INSERT INTO search.field(field, rank) VALUES ('automerge', 8), ('hashsize', 4194304);
  INSERT INTO search.word(word, rank) VALUES ('automerge', 8), ('hashsize', 4194304);
`;

/** What makes an account's database, and each later version of the one before. */
export const ACCOUNT_STEPS: readonly string[] = [ACCOUNT_V1, ACCOUNT_V2, ACCOUNT_V3, ACCOUNT_V4];

/** The same for the directory. */
export const DIRECTORY_STEPS: readonly string[] = [DIRECTORY_V1, DIRECTORY_V2, DIRECTORY_V3];

/** Makes or upgrades the tables of an account. @throws `SCHEMA_TOO_NEW`. */
export function migrateAccount(db: SqliteDatabase): void {
  migrate(db, 'main', ACCOUNT_STEPS);
}

/** Makes or upgrades the tables of the directory. @throws `SCHEMA_TOO_NEW`. */
export function migrateDirectory(db: SqliteDatabase): void {
  migrate(db, 'main', DIRECTORY_STEPS);
}

/** Makes the tables of an attached search index. @throws `SCHEMA_TOO_NEW`. */
export function migrateSearch(db: SqliteDatabase): void {
  migrate(db, 'search', [SEARCH_V1]);
}

/** Runs the steps that are missing, all in one transaction; another process may do the same at the same time. */
function migrate(db: SqliteDatabase, schema: string, steps: readonly string[]): void {
  if (version(db, schema) === steps.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    const found = version(db, schema);
    if (found > steps.length) {
      throw new EiderError('SCHEMA_TOO_NEW', `the store has schema version ${found}, this is ${steps.length}`);
    }
    for (const step of steps.slice(found)) db.exec(step);
    db.exec(`PRAGMA ${schema}.user_version = ${steps.length}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

function version(db: SqliteDatabase, schema: string): number {
  return (db.prepare(`PRAGMA ${schema}.user_version`).get() as { user_version: number }).user_version;
}
