/** Whether a command was answered as predicted. */

import { UidSet } from '../../../src/model/uid-set.ts';
import type { AccountModel } from './account-model.ts';
import type { Answer, ModelClient } from './model-client.ts';
import type { Prediction } from './predict.ts';
import type { RandomCommand } from './random-commands.ts';
import type { WrittenCommand } from './write-command.ts';

/** An answer and what it has to be. */
export interface Answered {
  readonly written: WrittenCommand;
  readonly prediction: Prediction;
  readonly answer: Answer;
  readonly client: ModelClient;
}

/** The tagged response, and what is told of one moment alone: these hold in any company. */
export function checkTagged({ written, prediction, answer }: Answered): string[] {
  const found: string[] = [];
  const { status, code } = answer;
  if (!prediction.status.includes(status)) found.push(`${written.text}: ${status} instead of ${prediction.status}`);
  if (!prediction.code.test(code)) found.push(`${written.text}: [${code}] instead of ${prediction.code}`);
  return found;
}

/** The untagged responses, when nothing else happened meanwhile. */
export function checkUntagged(model: AccountModel, answered: Answered): string[] {
  const { written, prediction, answer, client } = answered;
  if (answer.status !== 'OK') return [];
  const found: string[] = [];
  const expect = (what: string, right: unknown, is: unknown): void => {
    if (String(right) !== String(is)) found.push(`${written.text}: ${what} is ${is} instead of ${right}`);
  };
  if (prediction.opened) checkOpened(model, answered, expect);
  if (prediction.fetched) checkFetched(model, answered, expect);
  if (prediction.modified) {
    const told = /^MODIFIED (\S+)/.exec(answer.code)?.[1];
    const numbers = told ? UidSet.parse(told).toArray() : [];
    const uids = written.uid ? numbers : numbers.map((number) => written.view[number - 1]);
    expect('MODIFIED', prediction.modified, uids);
  }
  if (prediction.found) {
    const line = answer.lines.find((each) => each.startsWith('* SEARCH')) ?? 'nothing';
    const numbers = line.split(' ').slice(2).map(Number);
    expect('what was found', prediction.found, written.uid ? numbers : numbers.map((n) => written.view[n - 1]));
  }
  if (prediction.lines) expect('what was told', prediction.lines.join('\n'), toldLines(answer, written).join('\n'));
  if (client.dialect.uidOnly && answer.fetched.some(({ seq }) => seq > 0)) found.push('a message number was told');
  return found;
}

type Expect = (what: string, right: unknown, is: unknown) => void;

function checkOpened(model: AccountModel, { written, prediction, answer, client }: Answered, expect: Expect): void {
  const opened = prediction.opened as NonNullable<Prediction['opened']>;
  const value = (name: string): string | undefined =>
    answer.lines.map((line) => new RegExp(`^\\* OK \\[${name} (\\d+)\\]`).exec(line)?.[1]).find((text) => text);
  expect('UIDVALIDITY', opened.uidValidity, value('UIDVALIDITY'));
  expect('UIDNEXT', opened.uidNext, value('UIDNEXT'));
  expect('HIGHESTMODSEQ', opened.highestModSeq, value('HIGHESTMODSEQ'));
  expect('EXISTS', opened.placements.length, client.view.slots.length);
  if (!written.text.includes('(QRESYNC')) return;
  const changed = opened.placements.filter(({ modSeq }) => modSeq > written.since);
  expect(
    'what changed meanwhile',
    changed.map((place) => `${place.uid} ${model.flagsOf(place)} ${place.modSeq}`),
    answer.fetched.map(({ uid, flags, modSeq }) => `${uid} ${flags} ${modSeq}`),
  );
  const gone = answer.lines.map((line) => /^\* VANISHED \(EARLIER\) (\S+)$/.exec(line)?.[1]).find((set) => set);
  const told = new Set(gone ? UidSet.parse(gone) : []);
  const due = [...opened.vanished].filter(([, modSeq]) => modSeq >= written.since).map(([uid]) => uid);
  expect(
    'what vanished meanwhile and was not told',
    [],
    due.filter((uid) => !told.has(uid)),
  );
  expect(
    'what is told to have vanished and is there',
    [],
    opened.placements.filter(({ uid }) => told.has(uid)).map(({ uid }) => uid),
  );
}

function checkFetched(model: AccountModel, { written, prediction, answer, client }: Answered, expect: Expect): void {
  const due = prediction.fetched as NonNullable<Prediction['fetched']>;
  const items = itemsOf(written.command);
  for (const [uid, place] of due) {
    const told = answer.fetched.filter((each) => each.uid === uid || written.view[each.seq - 1] === uid);
    const has = (what: (each: (typeof told)[number]) => boolean): boolean => told.some(what);
    expect(`${uid} is told`, true, told.length > 0);
    if (items.includes('FLAGS'))
      expect(
        `flags of ${uid}`,
        true,
        has(({ flags }) => flags === model.flagsOf(place)),
      );
    if (items.includes('MODSEQ') || (written.command.kind === 'store' && client.dialect.condstore))
      expect(
        `MODSEQ of ${uid}`,
        true,
        has(({ modSeq }) => modSeq === place.modSeq),
      );
    if (items.includes('SIZE')) expect(`size of ${uid}`, model.messages.get(place.message)?.size, sizeOf(told));
  }
}

function sizeOf(told: Answer['fetched']): number | undefined {
  return told.find(({ size }) => size > 0)?.size;
}

function itemsOf(command: RandomCommand): string {
  return command.kind === 'fetch' ? command.items : 'FLAGS';
}

/** Names that were listed, or the STATUS. */
function toldLines({ lines }: Answer, { command }: WrittenCommand): string[] {
  if (command.kind === 'status') return lines.filter((line) => line.startsWith('* STATUS '));
  const listed = lines.map((line) => /^\* LIST \(([^)]*)\) "\/" "?([^"]*)"?$/.exec(line));
  // A level above others that is no mailbox is not selectable.
  const names = listed.flatMap((line) => (line && !/\\Noselect/i.test(line[1] as string) ? [line[2] as string] : []));
  return names.sort();
}
