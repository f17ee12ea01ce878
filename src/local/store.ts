import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { ModelReference } from '../conversation/message.ts';
import type { DelegationRecord, Lesson, Observation, Outcome, SessionShare } from './observation.ts';
import { leaveFile, type Opened, openDatabase } from './store/schema.ts';

const LESSON_CHARACTERS = 300;

/** What is learnt about local models, kept across sessions. No disk can make it throw. */
export interface LocalStore {
  /** Why nothing is kept beyond this process, or what happened to the file; undefined where all is well. */
  readonly trouble: string | undefined;
  addObservation(observation: Observation): void;
  /** Newest last; at most `most` for each model and host. `since` in ms. */
  observations(filter?: ObservationFilter): Observation[];
  /** Replaces the one of the same session and id. */
  addDelegation(record: DelegationRecord): void;
  /** @returns whether there is such a delegation. Outcome may be corrected later. */
  setOutcome(session: string, id: string, outcome: Outcome, why?: string): boolean;
  /** In the order in which they were first added. `since` in ms. */
  delegations(filter?: { session?: string; since?: number }): DelegationRecord[];
  /** Adds to the session's row. A cost that was unknown once leaves the session's unknown. */
  addShare(session: string, at: number, part: SharePart): void;
  /** Oldest session first. */
  shares(): SessionShare[];
  /** Oldest first. */
  lessons(): Lesson[];
  /** One line of at most 300 characters. @returns the one there is where it is known; id 0 where it is empty. */
  addLesson(text: string, at: number, model?: ModelReference): Lesson;
  /** @returns false where there is no such lesson, or nothing is left of the text. */
  editLesson(id: number, text: string): boolean;
  deleteLesson(id: number): boolean;
  /** What comes later is forgotten. */
  close(): void;
}

export interface ObservationFilter {
  host?: string;
  model?: ModelReference;
  most?: number;
  since?: number;
}

export interface SharePart {
  localTokens?: number;
  remoteTokens?: number;
  /** Of these, read from a cache. */
  localCached?: number;
  remoteCached?: number;
  /** Dollars. */
  cost?: number | undefined;
  costUnknown?: boolean;
}

type Row = Record<string, SQLOutputValue>;

/** Creates `local.db` in the folder where there is none. Several processes may have it open. */
export function openLocalStore(folder: string): LocalStore {
  return new SqliteStore(join(folder, 'local.db'));
}

class SqliteStore implements LocalStore {
  readonly #path: string;
  #opened: Opened;

  constructor(path: string) {
    this.#path = path;
    this.#opened = openDatabase(path);
  }

  get trouble(): string | undefined {
    return this.#opened.trouble;
  }

  addObservation(observation: Observation): void {
    const { at, host, model, kind, ...rest } = observation;
    const values = [at, host, model, kind].map(orNull);
    this.#change(
      'insert into observations (at, host, model, kind, data) values (?, ?, ?, ?, ?)',
      ...values,
      json(rest),
    );
  }

  observations({ host, model, most, since }: ObservationFilter = {}): Observation[] {
    // By `id` and never by `at`: a clock may have been set back.
    const rows = this.#rows(
      `select at, host, model, kind, data from (
         select *, row_number() over (partition by model, host order by id desc) as place from observations
         where (?1 is null or host = ?1) and (?2 is null or model = ?2) and (?3 is null or at >= ?3))
       where ?4 is null or place <= ?4 order by id`,
      ...[host, model, since, most].map(orNull),
    );
    return rows.flatMap((row) => recordsOf<Observation>(row));
  }

  addDelegation(record: DelegationRecord): void {
    const { session, id, at, outcome, why, ...rest } = record;
    this.#change(
      `insert into delegations (session, id, at, outcome, why, data) values (?, ?, ?, ?, ?, ?)
       on conflict do update set at = excluded.at, outcome = excluded.outcome, why = excluded.why,
         data = excluded.data`,
      ...[session, id, at, outcome, why].map(orNull),
      json(rest),
    );
  }

  setOutcome(session: string, id: string, outcome: Outcome, why?: string): boolean {
    const update = 'update delegations set outcome = ?, why = ? where session = ? and id = ?';
    return this.#change(update, outcome, orNull(why), session, id) > 0;
  }

  delegations({ session, since }: { session?: string; since?: number } = {}): DelegationRecord[] {
    const rows = this.#rows(
      `select * from delegations where (?1 is null or session = ?1) and (?2 is null or at >= ?2) order by rowid`,
      ...[session, since].map(orNull),
    );
    return rows.flatMap((row) => recordsOf<DelegationRecord>(row));
  }

  addShare(session: string, at: number, part: SharePart): void {
    // Null is an unknown cost, and whatever is added to null is null.
    this.#change(
      `insert into shares (session, at, local_tokens, remote_tokens, local_cached, remote_cached, cost)
         values (?, ?, ?, ?, ?, ?, ?)
       on conflict do update set at = excluded.at, local_tokens = local_tokens + excluded.local_tokens,
         remote_tokens = remote_tokens + excluded.remote_tokens, local_cached = local_cached + excluded.local_cached,
         remote_cached = remote_cached + excluded.remote_cached, cost = cost + excluded.cost`,
      session,
      at,
      part.localTokens || 0,
      part.remoteTokens || 0,
      part.localCached || 0,
      part.remoteCached || 0,
      part.costUnknown ? null : (part.cost ?? 0),
    );
  }

  shares(): SessionShare[] {
    const select = `select session, at, local_tokens as localTokens, remote_tokens as remoteTokens,
      local_cached as localCached, remote_cached as remoteCached, cost from shares order by rowid`;
    return this.#rows(select).map((row) => known(row) as unknown as SessionShare);
  }

  lessons(): Lesson[] {
    return this.#rows('select * from lessons order by id').map(lessonOf);
  }

  addLesson(text: string, at: number, model?: ModelReference): Lesson {
    const line = lineOf(text);
    if (!line) return { id: 0, at, text: line };
    this.#change('insert or ignore into lessons (at, model, text) values (?, ?, ?)', at, model ?? '', line);
    const [row] = this.#rows('select * from lessons where text = ? and model = ?', line, model ?? '');
    // Another process may have deleted it in between.
    return row ? lessonOf(row) : { id: 0, at, model, text: line };
  }

  editLesson(id: number, text: string): boolean {
    const line = lineOf(text);
    // Where it becomes the same as another, that other one goes.
    return line !== '' && this.#change('update or replace lessons set text = ? where id = ?', line, id) > 0;
  }

  deleteLesson(id: number): boolean {
    return this.#change('delete from lessons where id = ?', id) > 0;
  }

  close(): void {
    const { db } = this.#opened;
    if (db.isOpen) db.close();
  }

  #rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#withDatabase((db) => db.prepare(sql).all(...values)) ?? [];
  }

  /** @returns how many rows were changed. */
  #change(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#withDatabase((db) => db.prepare(sql).run(...values).changes) ?? 0);
  }

  /** Where the file fails, the work is done in memory. Undefined after `close`. */
  #withDatabase<T>(work: (db: DatabaseSync) => T): T | undefined {
    if (!this.#opened.db.isOpen) return undefined;
    try {
      return work(this.#opened.db);
    } catch (error) {
      if (this.#opened.inode === undefined) throw error;
      this.#opened = leaveFile(this.#path, this.#opened, error);
      return work(this.#opened.db);
    }
  }
}

/** What the columns and the JSON of a row hold together; none where the JSON is damaged. */
function recordsOf<T>({ data, ...columns }: Row): T[] {
  try {
    return [{ ...JSON.parse(String(data)), ...known(columns) }];
  } catch {
    return [];
  }
}

function lessonOf({ model, ...row }: Row): Lesson {
  return { ...row, ...(model ? { model } : {}) } as unknown as Lesson;
}

function known(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

/** What is not finite cannot be written as JSON, and counts as not known. */
function json(fields: object): string {
  const finite = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
  return JSON.stringify(fields, finite);
}

function lineOf(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return [...line].slice(0, LESSON_CHARACTERS).join('').trim();
}

function orNull(value: SQLInputValue | undefined): SQLInputValue {
  return value ?? null;
}
