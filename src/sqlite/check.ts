/** Recounts an account and follows its references, both ways. */

import type { CheckFinding } from '../engine/records.ts';
import type { Database } from './database.ts';
import { removeContents } from './remove-placements.ts';

interface CounterRow {
  id: number;
  path: string;
  kept: string;
  counted: string;
}

const MAILBOX_COUNTERS = `
  SELECT m.id, m.path, m.messages || ' ' || m.unseen || ' ' || m.deleted || ' ' || m.octets AS kept,
    count(p.uid) || ' ' || coalesce(sum(p.mask & 1 = 0), 0) || ' ' || coalesce(sum(p.mask & 16 <> 0), 0) || ' ' ||
    coalesce(sum(p.size), 0) AS counted
  FROM mailbox m LEFT JOIN placement p ON p.mailbox = m.id GROUP BY m.id HAVING kept <> counted`;

const ACCOUNT_COUNTERS = `
  SELECT s.messages || ' ' || s.octets AS kept,
    (SELECT count(*) || ' ' || coalesce(sum(size), 0) FROM placement) AS counted
  FROM state s WHERE kept <> counted`;

/** Questions whose every answer is a finding: what it is, and what to select for the detail. */
const REFERENCES: readonly (readonly [kind: CheckFinding['kind'], what: string, sql: string])[] = [
  [
    'reference',
    'message in no mailbox that exists',
    "SELECT mailbox || ':' || uid AS d FROM placement WHERE mailbox NOT IN (SELECT id FROM mailbox)",
  ],
  [
    'content',
    'message without content',
    "SELECT mailbox || ':' || uid AS d FROM placement p WHERE NOT EXISTS (SELECT 1 FROM content c WHERE c.id = p.contentId)",
  ],
  [
    'content',
    'content that no message has',
    'SELECT id AS d FROM content c WHERE NOT EXISTS (SELECT 1 FROM placement p WHERE p.contentId = c.id)',
  ],
  [
    'content',
    'size of a message and of its content differ',
    "SELECT mailbox || ':' || uid AS d FROM placement p JOIN content c ON c.id = p.contentId WHERE c.size <> p.size",
  ],
  [
    'reference',
    'blob mentioned by no content',
    'SELECT contentId AS d FROM blobReference b WHERE NOT EXISTS (SELECT 1 FROM content c WHERE c.id = b.contentId)',
  ],
  [
    'reference',
    'UID not below the next',
    "SELECT p.mailbox || ':' || p.uid AS d FROM placement p JOIN mailbox m ON m.id = p.mailbox WHERE p.uid >= m.uidNext",
  ],
  [
    'reference',
    "modification sequence above the account's",
    "SELECT mailbox || ':' || uid AS d FROM placement WHERE modSeq > (SELECT modSeq FROM state)",
  ],
  [
    'reference',
    "modification sequence above the mailbox's",
    "SELECT p.mailbox || ':' || p.uid AS d FROM placement p JOIN mailbox m ON m.id = p.mailbox WHERE p.modSeq > m.highestModSeq",
  ],
  [
    'reference',
    'number above the next',
    'SELECT emailId AS d FROM placement WHERE max(emailId, contentId, threadId) >= (SELECT nextId FROM state)',
  ],
  [
    'reference',
    'message twice in a mailbox',
    "SELECT mailbox || ':' || min(uid) AS d FROM placement GROUP BY mailbox, emailId HAVING count(*) > 1",
  ],
  [
    'reference',
    'annotation of no mailbox that exists',
    "SELECT mailbox || ':' || name AS d FROM annotation WHERE mailbox <> 0 AND mailbox NOT IN (SELECT id FROM mailbox)",
  ],
  [
    'search',
    'content neither in the index nor waiting for it',
    'SELECT id AS d FROM content WHERE id NOT IN (SELECT contentId FROM pendingTerms) AND id NOT IN (SELECT rowid FROM search.word)',
  ],
  [
    'search',
    'terms waiting for no content',
    'SELECT contentId AS d FROM pendingTerms WHERE contentId NOT IN (SELECT id FROM content)',
  ],
];

/** Every difference between what is kept and what is there. */
export function checkAccount(db: Database): CheckFinding[] {
  const findings: CheckFinding[] = [];
  for (const row of db.all<{ integrity_check: string }>('PRAGMA main.integrity_check(20)')) {
    if (row.integrity_check !== 'ok') findings.push({ kind: 'database', detail: row.integrity_check });
  }
  for (const row of db.all<CounterRow>(MAILBOX_COUNTERS)) {
    findings.push({ kind: 'counter', detail: `mailbox ${row.path}: kept ${row.kept}, counted ${row.counted}` });
  }
  for (const row of db.all<CounterRow>(ACCOUNT_COUNTERS)) {
    findings.push({ kind: 'counter', detail: `account: kept ${row.kept}, counted ${row.counted}` });
  }
  for (const [kind, what, sql] of REFERENCES) {
    for (const row of db.all<{ d: string | number }>(`${sql} LIMIT 100`))
      findings.push({ kind, detail: `${what}: ${row.d}` });
  }
  return findings;
}

/** Mends what can be mended without losing mail; what is left over is returned by the next check. */
export function repairAccount(db: Database): CheckFinding[] {
  const findings = checkAccount(db);
  if (findings.length === 0) return findings;
  const orphans = db.all<{ id: number }>(
    'SELECT id FROM content c WHERE NOT EXISTS (SELECT 1 FROM placement p WHERE p.contentId = c.id)',
  );
  removeContents(
    db,
    orphans.map((row) => row.id),
  );
  db.exec(`
    DELETE FROM blobReference WHERE contentId NOT IN (SELECT id FROM content);
    DELETE FROM pendingTerms WHERE contentId NOT IN (SELECT id FROM content);
    DELETE FROM annotation WHERE mailbox <> 0 AND mailbox NOT IN (SELECT id FROM mailbox);
    INSERT INTO pendingTerms (contentId) SELECT id FROM content
      WHERE id NOT IN (SELECT contentId FROM pendingTerms) AND id NOT IN (SELECT rowid FROM search.word);
    UPDATE mailbox SET
      messages = (SELECT count(*) FROM placement p WHERE p.mailbox = mailbox.id),
      unseen = (SELECT count(*) FROM placement p WHERE p.mailbox = mailbox.id AND p.mask & 1 = 0),
      deleted = (SELECT count(*) FROM placement p WHERE p.mailbox = mailbox.id AND p.mask & 16 <> 0),
      octets = (SELECT coalesce(sum(size), 0) FROM placement p WHERE p.mailbox = mailbox.id),
      uidNext = max(uidNext, (SELECT coalesce(max(uid), 0) + 1 FROM placement p WHERE p.mailbox = mailbox.id)),
      highestModSeq = max(highestModSeq, (SELECT coalesce(max(modSeq), 0) FROM placement p WHERE p.mailbox = mailbox.id));
    UPDATE state SET
      messages = (SELECT count(*) FROM placement), octets = (SELECT coalesce(sum(size), 0) FROM placement),
      nextId = max(nextId, (SELECT coalesce(max(max(emailId, contentId, threadId)), 0) + 1 FROM placement));
  `);
  return findings;
}
