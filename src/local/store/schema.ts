import { closeSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

/** An open database: the file, or memory where `trouble` says that the file cannot be used. */
export interface Opened {
  db: DatabaseSync;
  /** Tells the file from another that has taken its path since. */
  inode?: number;
  /** A sentence for the human. */
  trouble?: string;
}

type Row = Record<string, SQLInputValue>;
/** The rows of each table that could be read, oldest first. */
type Contents = Map<string, Row[]>;

const BUSY_TIMEOUT_MS = 5000;
const KEPT_OBSERVATIONS = 2000;
const TABLES = ['observations', 'delegations', 'shares', 'lessons'];
const SQLITE = { busy: 5, readonly: 8, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 };

/** One step a version: `user_version` counts those that were taken. Steps are added, never changed. */
const STEPS = [
  `create table observations (id integer primary key, at real, host text, model text, kind text, data text);
   create index observations_of on observations (model, host);
   create table delegations (session text, id text, at real, outcome text, why text, data text,
     primary key (session, id));
   create table shares (session text primary key, at real, local_tokens real, remote_tokens real, cost real);
   create table lessons (id integer primary key autoincrement, at real, model text not null default '',
     text text not null, unique (text, model));`,
  `alter table shares add column local_cached real not null default 0;
   alter table shares add column remote_cached real not null default 0;`,
];

class NewerSchema extends Error {}

/**
 * Opens the file, making it and its folder where they are missing. A damaged file is moved aside and a new one
 * begun with what could be read of it. Where there is no way to use the file: memory. Never throws.
 * @param path absolute.
 */
export function openDatabase(path: string, mayBeginAnew = true): Opened {
  const opened: Partial<Opened> = {};
  try {
    makeFile(path);
    opened.inode = inodeOf(path);
    opened.db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    prepare(opened.db);
    // A damaged file that was replaced meanwhile looks whole: SQLite plays the log of the new one over it.
    if (inodeOf(path) !== opened.inode) throw new Error('another file took its place');
    return { db: opened.db, inode: opened.inode };
  } catch (error) {
    // Where the file was replaced meanwhile, another process has seen to the damage.
    const curable = isDamage(error) || (opened.db && inodeOf(path) !== opened.inode);
    if (!mayBeginAnew || !curable) return leaveFile(path, opened, error);
    const contents = letGo(opened.db);
    const aside = moveAside(path, opened.inode);
    const fresh = openDatabase(path, false);
    fill(fresh.db, contents);
    if (!aside || fresh.trouble) return fresh;
    const trouble = `${path} was damaged, so a new one has begun: the old one is now ${aside}, which you may delete.`;
    return { ...fresh, trouble };
  }
}

/** Goes on in memory with what can still be read of the file. A damaged file is moved out of the way. */
export function leaveFile(path: string, { db, inode }: Partial<Opened>, error: unknown): Opened {
  const contents = letGo(db, error instanceof NewerSchema ? [] : TABLES);
  const aside = isDamage(error) ? moveAside(path, inode) : undefined;
  const memory = new DatabaseSync(':memory:');
  prepare(memory);
  fill(memory, contents);
  const [fault, remedy] = explain(error, aside);
  const loss = 'what is learnt about local models is forgotten when Parley ends';
  return { db: memory, trouble: `${path} ${fault}, so ${loss}: ${remedy}.` };
}

function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // Only a file that is new is opened here: to close one that SQLite holds would drop its locks.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function prepare(db: DatabaseSync): void {
  if (versionOf(db) > STEPS.length) throw new NewerSchema();
  useWriteAheadLog(db);
  db.exec('pragma synchronous = normal');
  if (versionOf(db) < STEPS.length) migrate(db);
  // A file that cannot be written is to say so now, not in the middle of the work.
  db.exec('delete from observations where false');
  prune(db);
}

function prune(db: DatabaseSync): void {
  const full = db.prepare('select model, host from observations group by model, host having count(*) > ?');
  for (const { model, host } of full.all(KEPT_OBSERVATIONS)) {
    db.prepare(
      `delete from observations where model is ?1 and host is ?2 and id <=
         (select id from observations where model is ?1 and host is ?2 order by id desc limit 1 offset ?3)`,
    ).run(model!, host!, KEPT_OBSERVATIONS);
  }
}

function useWriteAheadLog(db: DatabaseSync): void {
  try {
    db.exec('pragma journal_mode = wal');
  } catch (error) {
    // Refused at once, whatever the timeout, while another process does the same: then it is done for both.
    if (resultOf(error) !== SQLITE.busy) throw error;
  }
}

function migrate(db: DatabaseSync): void {
  inTransaction(db, () => {
    // Another process may have come first while this one waited for the lock.
    const version = versionOf(db);
    if (version > STEPS.length) throw new NewerSchema();
    for (const step of STEPS.slice(version)) db.exec(step);
    db.exec(`pragma user_version = ${STEPS.length}`);
  });
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('pragma user_version').get()?.user_version);
}

function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('begin immediate');
  try {
    work();
    db.exec('commit');
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    throw error;
  }
}

/** Closes a database that failed, after reading what can be read of it. */
function letGo(db: DatabaseSync | undefined, tables = TABLES): Contents {
  const contents: Contents = new Map();
  if (!db) return contents;
  for (const table of tables) {
    const rows: Row[] = [];
    contents.set(table, rows);
    try {
      for (const row of db.prepare(`select * from ${table} order by rowid`).iterate()) rows.push(row as Row);
    } catch {
      // The rows up to the damage are kept.
    }
  }
  try {
    db.close();
  } catch {
    // Nothing more can be done for it.
  }
  return contents;
}

function fill(db: DatabaseSync, contents: Contents): void {
  for (const [table, rows] of contents) {
    const columns = Object.keys(rows[0] ?? {});
    if (columns.length === 0) continue;
    const places = columns.map(() => '?').join(', ');
    try {
      inTransaction(db, () => {
        const insert = db.prepare(
          `insert or ignore into ${table} (${columns.join(', ')}) values (${places})`,
        );
        for (const row of rows) insert.run(...Object.values(row));
      });
    } catch {
      // A table that is not one of Parley's has nothing worth keeping.
    }
  }
}

/**
 * A new file takes the place of the damaged one. It is whole from the first moment, and there is no moment without a
 * file: while SQLite prepares one it keeps a journal beside it, and where it finds an empty one it deletes the log.
 * Another process that has still the old one open would take either for its own.
 * @returns where the old one is now; undefined where it could not be moved, or another process was first.
 */
function moveAside(path: string, inode: number | undefined): string | undefined {
  const aside = `${path}.corrupt-${Date.now()}`;
  const prepared = `${path}.new`;
  try {
    return alone(`${path}.lock`, () => {
      if (inodeOf(path) !== inode) return undefined;
      rmSync(prepared, { force: true });
      makeFile(prepared);
      const db = new DatabaseSync(prepared);
      prepare(db);
      db.close();
      // The log first: left behind, it would be played into the new file.
      for (const end of ['-wal', '-shm']) moveIfThere(path + end, aside + end);
      linkSync(path, aside);
      renameSync(prepared, path);
      return aside;
    });
  } catch {
    return undefined;
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/**
 * One process at a time. A lock of SQLite's ends with its process, however that ends. The file stays: were it
 * removed, who waits for it and who comes later would hold two different locks.
 */
function alone<T>(path: string, work: () => T): T {
  const lock = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    lock.exec('begin exclusive');
    return work();
  } finally {
    lock.close();
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

/** What is wrong with the file, and what to do: two clauses. */
function explain(error: unknown, aside: string | undefined): [fault: string, remedy: string] {
  if (error instanceof NewerSchema) return ['was written by a newer Parley', 'update Parley'];
  if (isDamage(error)) {
    return aside
      ? [`was damaged and is now ${aside}`, 'start Parley again for a new file']
      : ['is damaged', 'delete the file or move it away'];
  }
  const fault = `cannot be used (${error instanceof Error ? error.message : error})`;
  switch (resultOf(error) ?? codeOf(error)) {
    case SQLITE.busy:
      return ['is locked by another program', 'end that program, then start Parley again'];
    case SQLITE.full:
    case 'ENOSPC':
      return ['has no room left on its disk', 'free some space, then start Parley again'];
    case SQLITE.readonly:
    case SQLITE.cantOpen:
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return [fault, 'make the file and its folder writable'];
    case 'ENOTDIR':
    case 'EEXIST':
      return [fault, 'move away the file that is in the place of the folder'];
    default:
      return [fault, 'move the file away, or check its disk'];
  }
}

function isDamage(error: unknown): boolean {
  const result = resultOf(error);
  return result === SQLITE.corrupt || result === SQLITE.notADatabase;
}

/** SQLite's primary result code; undefined where the error is not of SQLite. */
function resultOf(error: unknown): number | undefined {
  const extended = (error as { errcode?: number } | undefined)?.errcode;
  return extended === undefined ? undefined : extended & 0xff;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
