import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DelegationRecord, Observation } from '../../src/local/observation.ts';
import { type LocalStore, openLocalStore } from '../../src/local/store.ts';
import { folderWith } from '../support/scene.ts';

const HOST = 'http://127.0.0.1:11434';
const MODEL = 'ollama:qwen3:8b';

function observation(changes: Partial<Observation> = {}): Observation {
  return {
    at: 1000,
    session: 's1',
    exchange: 'e1',
    host: HOST,
    model: MODEL,
    kind: 'code',
    complete: true,
    promptCharacters: 400,
    promptParts: [100, 0, 12],
    promptTokens: 110,
    writeSeconds: 1.25,
    wallSeconds: 2.5,
    parallelRequests: 1,
    forecast: { seconds: 2, boundSeconds: 4 },
    ...changes,
  };
}

function delegation(changes: Partial<DelegationRecord> = {}): DelegationRecord {
  const work = { kind: 'tests', local: true, status: 'done', seconds: 12.5 } as const;
  return { id: 'd1', session: 's1', at: 1000, model: MODEL, ...work, ...changes };
}

/** Closed after the test. */
function storeIn(folder: string): LocalStore {
  const store = openLocalStore(folder);
  onTestFinished(() => store.close());
  return store;
}

async function newStore(): Promise<LocalStore> {
  return storeIn(await folderWith());
}

/** A closed store's folder, with a lesson, a delegation and this many observations. */
async function usedFolder(observations = 1): Promise<string> {
  const folder = await folderWith();
  const store = openLocalStore(folder);
  for (let n = 1; n <= observations; n++) store.addObservation(observation({ exchange: `e${n}` }));
  store.addDelegation(delegation());
  store.addLesson('Ask for one file at a time', 1);
  store.close();
  return folder;
}

/** Runs SQL behind the store's back. */
function alter<T>(folder: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(folder, 'local.db'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function exchanges(store: LocalStore): string[] {
  return store.observations().map((one) => one.exchange);
}

function useAll(store: LocalStore) {
  store.addObservation(observation());
  store.addDelegation(delegation());
  store.addShare('s1', 5, { localTokens: 7 });
  store.addLesson('Be brief', 1);
  expect(store.setOutcome('s1', 'd1', 'accepted')).toBe(true);
  expect(exchanges(store)).toContain('e1');
  expect(store.shares()).toHaveLength(1);
  expect(store.lessons().map((lesson) => lesson.text)).toContain('Be brief');
}

/** Another process: `store` is its store, `observation` what it may add, `go` resolves when it is told to. */
function childThat(folder: string, does: string, shell = ''): ChildProcess {
  const script = `
    import { once } from 'node:events';
    import { openLocalStore } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/local/store.ts'))};
    const folder = ${JSON.stringify(folder)};
    const observation = ${JSON.stringify(observation({ session: 'child' }))};
    const go = () => (console.log('ready'), once(process.stdin, 'data'));
    ${does}
    process.exit();`;
  const child = spawn('sh', [
    '-c',
    `${shell} exec "$0" "$@"`,
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ]);
  child.stderr.pipe(process.stderr);
  onTestFinished(() => void child.kill());
  return child;
}

describe('observations', () => {
  test('come back as they were, with what a later version added', async () => {
    const store = await newStore();
    const seen = { ...observation(), flavour: { of: ['later'] } };
    store.addObservation(seen);
    expect(store.observations()).toEqual([seen]);
    expect(store.trouble).toBeUndefined();
  });

  test('may lack what is not known, and what is not finite is not known', async () => {
    const store = await newStore();
    const { kind: _kind, promptTokens: _tokens, ...rest } = observation({ digest: undefined });
    store.addObservation({ ...rest, writeSeconds: Number.NaN } as Observation);
    const { writeSeconds: _seconds, digest: _digest, ...left } = rest;
    expect(store.observations()).toStrictEqual([left]);
  });

  test('keep their order when the clock is set back', async () => {
    const store = await newStore();
    for (const at of [3000, 1000, 2000]) store.addObservation(observation({ at }));
    expect(store.observations().map((one) => one.at)).toEqual([3000, 1000, 2000]);
    expect(store.observations({ most: 2 }).map((one) => one.at)).toEqual([1000, 2000]);
  });

  test('are found by host, model and time, the newest of each model and host', async () => {
    const store = await newStore();
    for (const host of ['http://a', 'http://b'])
      for (const model of ['ollama:x', 'ollama:y'])
        for (const at of [1, 2, 3]) store.addObservation(observation({ host, model, at }));
    const found = (filter: Parameters<LocalStore['observations']>[0]) =>
      store.observations(filter).map(({ host, model, at }) => `${host.at(-1)}${model.at(-1)}${at}`);
    expect(found({ host: 'http://a', since: 2 })).toEqual(['ax2', 'ax3', 'ay2', 'ay3']);
    expect(found({ model: 'ollama:y', most: 1 })).toEqual(['ay3', 'by3']);
    expect(found({ most: 1 })).toEqual(['ax3', 'ay3', 'bx3', 'by3']);
    expect(found({ host: 'http://b', model: 'ollama:x', most: 2 })).toEqual(['bx2', 'bx3']);
    expect(found({ host: 'http://c' })).toEqual([]);
    expect(found({ most: 0 })).toEqual([]);
  });

  test('beyond the newest 2,000 of a model and host are dropped when the store is opened', async () => {
    const folder = await usedFolder();
    const fill = (host: string, count: number) =>
      alter(folder, (db) =>
        db
          .prepare(
            `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
             insert into observations (at, host, model, kind, data)
             select 1, ?, ?, 'code', json_object('exchange', 'x' || i) from n`,
          )
          .run(count, host, MODEL),
      );
    fill('http://busy', 2005);
    fill('http://quiet', 10);
    const store = storeIn(folder);
    const busy = store.observations({ host: 'http://busy' });
    expect([busy.length, busy[0]?.exchange, busy.at(-1)?.exchange]).toEqual([2000, 'x6', 'x2005']);
    expect(store.observations({ host: 'http://quiet' })).toHaveLength(10);
    expect(store.observations({ host: HOST })).toHaveLength(1);
  });

  test('whose JSON is damaged are passed over', async () => {
    const folder = await usedFolder(3);
    alter(folder, (db) => db.exec(`update observations set data = '{"exch' where id = 2`));
    expect(exchanges(storeIn(folder))).toEqual(['e1', 'e3']);
  });
});

describe('delegations', () => {
  test('come back as they were, by session and time', async () => {
    const store = await newStore();
    const records = [
      delegation({
        checked: false,
        forecast: { seconds: 3, boundSeconds: 9 },
        outcome: 'fixed',
        why: 'typo',
      }),
      delegation({ id: 'd2', at: 3000 }),
      delegation({ session: 's2', at: 2000, budgetSeconds: 60 }),
    ];
    for (const record of records) store.addDelegation(record);
    expect(store.delegations()).toStrictEqual(records);
    expect(store.delegations({ session: 's1' })).toEqual(records.slice(0, 2));
    expect(store.delegations({ since: 2000 })).toEqual(records.slice(1));
    expect(store.delegations({ session: 's1', since: 2000 })).toEqual([records[1]]);
  });

  test('are replaced in their place by the same id of the same session', async () => {
    const store = await newStore();
    store.addDelegation(delegation({ outcome: 'accepted' }));
    store.addDelegation(delegation({ id: 'd2' }));
    store.addDelegation(delegation({ status: 'failed' }));
    expect(store.delegations()).toStrictEqual([delegation({ status: 'failed' }), delegation({ id: 'd2' })]);
  });

  test('get an outcome that may be corrected, with its reason', async () => {
    const store = await newStore();
    store.addDelegation(delegation());
    expect(store.setOutcome('s1', 'd1', 'rejected', 'does not compile')).toBe(true);
    expect(store.delegations()).toEqual([delegation({ outcome: 'rejected', why: 'does not compile' })]);
    expect(store.setOutcome('s1', 'd1', 'accepted')).toBe(true);
    expect(store.delegations()).toStrictEqual([delegation({ outcome: 'accepted' })]);
    expect(store.setOutcome('s2', 'd1', 'accepted')).toBe(false);
  });
});

describe('shares', () => {
  const none = { localTokens: 0, remoteTokens: 0, localCached: 0, remoteCached: 0 };

  test('are summed by session', async () => {
    const store = await newStore();
    store.addShare('s1', 10, { localTokens: 100, localCached: 60 });
    store.addShare('s2', 15, { remoteTokens: 5, remoteCached: 4, cost: 0.5 });
    store.addShare('s1', 20, { localTokens: 1, localCached: 1, remoteTokens: 50, cost: 0.25 });
    store.addShare('s1', 30, { remoteTokens: 50, cost: 0.5 });
    expect(store.shares()).toEqual([
      { ...none, session: 's1', at: 30, localTokens: 101, localCached: 61, remoteTokens: 100, cost: 0.75 },
      { ...none, session: 's2', at: 15, remoteTokens: 5, remoteCached: 4, cost: 0.5 },
    ]);
  });

  test('have no cost once a price was unknown', async () => {
    const store = await newStore();
    store.addShare('s1', 10, { remoteTokens: 1, cost: 1 });
    store.addShare('s1', 20, { remoteTokens: 1, cost: undefined, costUnknown: true });
    store.addShare('s1', 30, { remoteTokens: 1, cost: 1 });
    expect(store.shares()).toStrictEqual([{ ...none, session: 's1', at: 30, remoteTokens: 3 }]);
  });
});

describe('lessons', () => {
  test('are one short line each, for one model or all', async () => {
    const store = await newStore();
    const general = store.addLesson('  Give it\n\tone file\u001b at a time ', 10);
    const own = store.addLesson('é'.repeat(400), 20, MODEL);
    expect(general).toStrictEqual({ id: general.id, at: 10, text: 'Give it one file at a time' });
    expect(own).toEqual({ id: own.id, at: 20, model: MODEL, text: 'é'.repeat(300) });
    expect(store.lessons()).toEqual([general, own]);
  });

  test('are kept once for each model', async () => {
    const store = await newStore();
    const first = store.addLesson('Be brief', 10);
    expect(store.addLesson(' Be  brief', 20)).toEqual(first);
    expect(store.addLesson('Be brief', 20, MODEL)).not.toEqual(first);
    expect(store.addLesson('Be brief', 30, MODEL).at).toBe(20);
    expect(store.lessons()).toHaveLength(2);
  });

  test('without a word are not kept', async () => {
    const store = await newStore();
    expect(store.addLesson(' \n ', 10)).toEqual({ id: 0, at: 10, text: '' });
    expect(store.lessons()).toEqual([]);
  });

  test('can be edited, and one that becomes the same as another takes its place', async () => {
    const store = await newStore();
    const [first, second] = [store.addLesson('Be brief', 10), store.addLesson('Be kind', 20)];
    expect(store.editLesson(first.id, 'Be\nvery brief')).toBe(true);
    expect(store.lessons()[0]).toEqual({ ...first, text: 'Be very brief' });
    expect(store.editLesson(first.id, '  ')).toBe(false);
    expect(store.editLesson(first.id, 'Be kind')).toBe(true);
    expect(store.lessons()).toEqual([{ ...first, text: 'Be kind' }]);
    expect(store.editLesson(second.id, 'Gone')).toBe(false);
  });

  test('can be deleted, and their numbers are not given out again', async () => {
    const store = await newStore();
    const { id } = store.addLesson('Be brief', 10);
    expect(store.deleteLesson(id)).toBe(true);
    expect(store.deleteLesson(id)).toBe(false);
    expect(store.addLesson('Be kind', 20).id).not.toBe(id);
  });
});

describe('the file', () => {
  test('of an earlier Parley is brought up to date, with all that is in it', async () => {
    const folder = await folderWith();
    const first = openLocalStore(folder);
    first.addShare('s1', 10, { localTokens: 7, cost: 0.5 });
    first.close();
    alter(folder, (db) =>
      db.exec(
        'alter table shares drop column local_cached; alter table shares drop column remote_cached; pragma user_version = 1',
      ),
    );
    const store = storeIn(folder);
    store.addShare('s1', 20, { localTokens: 3, localCached: 2 });
    expect(store.trouble).toBeUndefined();
    expect(store.shares()).toMatchObject([{ localTokens: 10, localCached: 2, remoteCached: 0, cost: 0.5 }]);
  });

  test('keeps everything for the next session, for nobody but its owner', async () => {
    const folder = join(await folderWith(), 'state', 'parley');
    const first = openLocalStore(folder);
    useAll(first);
    const told = (store: LocalStore) => [
      store.observations(),
      store.delegations(),
      store.shares(),
      store.lessons(),
    ];
    const before = told(first);
    first.close();
    const second = storeIn(folder);
    expect(told(second)).toEqual(before);
    expect(second.trouble).toBeUndefined();
    if (process.platform === 'win32') return;
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test('may be closed twice; what comes later is forgotten', async () => {
    const store = await newStore();
    store.addLesson('Be brief', 10);
    store.close();
    store.close();
    store.addObservation(observation());
    expect(store.addLesson('Be kind', 20).text).toBe('Be kind');
    expect([store.lessons(), store.observations(), store.deleteLesson(1)]).toEqual([[], [], false]);
  });

  test.each([
    ['is no database', () => Buffer.from('garbage '.repeat(2000))],
    ['is cut off', (file: string) => readFileSync(file).subarray(0, 9000)],
    ['is cut off in its first page', (file: string) => readFileSync(file).subarray(0, 60)],
  ])('that %s is moved aside, and a new one begins', async (_what, damaged) => {
    const folder = await usedFolder(200);
    const file = join(folder, 'local.db');
    const content = damaged(file);
    writeFileSync(file, content);
    const store = storeIn(folder);
    const aside = readdirSync(folder).find((name) => /^local\.db\.corrupt-\d+$/.test(name))!;
    expect(store.trouble).toBe(
      `${file} was damaged, so a new one has begun: the old one is now ${join(folder, aside)}, which you may delete.`,
    );
    expect(readFileSync(join(folder, aside))).toEqual(content);
    useAll(store);
    store.close();
    const next = storeIn(folder);
    expect(next.trouble).toBeUndefined();
    expect(exchanges(next)).toEqual(['e1']);
  });

  test('that is damaged in one table gives what is left of it, and makes room for a new one', async () => {
    const folder = await usedFolder(200);
    const file = join(folder, 'local.db');
    const page = alter(folder, (db) =>
      db.prepare(`select * from dbstat where name = 'observations' and pagetype = 'leaf'`).all(),
    ).at(-1)!;
    const content = readFileSync(file);
    content.fill(0xff, Number(page.pgoffset), Number(page.pgoffset) + Number(page.pgsize));
    writeFileSync(file, content);

    const store = storeIn(folder);
    const seen = exchanges(store);
    expect(seen.length).toBeGreaterThan(100);
    expect(seen).toEqual(seen.map((_, index) => `e${index + 1}`));
    expect(store.trouble).toMatch(
      /local\.db was damaged and is now .*local\.db\.corrupt-\d+, so what is learnt about local models is forgotten when Parley ends: start Parley again for a new file\.$/,
    );
    expect(store.delegations()).toHaveLength(1);
    useAll(store);
    store.close();
    const next = storeIn(folder);
    expect([next.trouble, exchanges(next)]).toEqual([undefined, []]);
  });

  test('whose place is not a folder leaves the store in memory', async () => {
    const root = await folderWith({ file: 'in the way' });
    for (const folder of [join(root, 'file'), join(root, 'file', 'parley')]) {
      const store = storeIn(folder);
      expect(store.trouble).toContain(`${join(folder, 'local.db')} cannot be used (`);
      expect(store.trouble).toMatch(/: move away the file that is in the place of the folder\.$/);
      useAll(store);
    }
    expect(readdirSync(root)).toEqual(['file']);
  });

  // Root may write anything.
  test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'that may not be written is read, and what is new stays in memory',
    async () => {
      const folder = await usedFolder();
      chmodSync(join(folder, 'local.db'), 0o400);
      const store = storeIn(folder);
      expect(store.trouble).toMatch(/readonly.*: make the file and its folder writable\.$/);
      expect(store.lessons()).toHaveLength(1);
      useAll(store);
    },
  );

  test('of a newer Parley is left alone', async () => {
    const folder = await usedFolder();
    alter(folder, (db) => db.exec('pragma user_version = 99'));
    const file = join(folder, 'local.db');
    const content = readFileSync(file);
    const store = storeIn(folder);
    expect(store.trouble).toBe(
      `${file} was written by a newer Parley, so what is learnt about local models is forgotten when Parley ends: update Parley.`,
    );
    useAll(store);
    store.close();
    expect(readFileSync(file)).toEqual(content);
  });

  test('that fails while in use leaves what was read, and the work goes on in memory', async () => {
    const folder = await usedFolder();
    const store = storeIn(folder);
    alter(folder, (db) => db.exec('drop table observations'));
    useAll(store);
    expect(store.trouble).toMatch(/cannot be used \(no such table: observations\)/);
    expect(store.lessons()).toHaveLength(2);
  });

  test.skipIf(process.platform === 'win32')('that can grow no more keeps what it has', async () => {
    const folder = await folderWith();
    const child = childThat(
      folder,
      `const store = openLocalStore(folder);
       const before = store.trouble;
       for (let n = 1; n <= 600; n++) store.addObservation({ ...observation, exchange: 'e' + n });
       console.log(JSON.stringify({ before, trouble: store.trouble, seen: store.observations().length }));`,
      'ulimit -f 400;',
    );
    const { before, trouble, seen } = JSON.parse(await text(child.stdout!));
    expect(before).toBeUndefined();
    expect(trouble).toMatch(/local\.db (cannot be used|has no room).* is forgotten when Parley ends: /);
    expect(seen).toBe(600);
    const next = storeIn(folder);
    expect(next.trouble).toBeUndefined();
    const kept = exchanges(next);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept).toEqual(kept.map((_, index) => `e${index + 1}`));
  });
});

describe.skipIf(process.platform === 'win32')('several processes', () => {
  test('write at once and lose nothing', async () => {
    const folder = await folderWith();
    const store = storeIn(folder);
    const child = childThat(
      folder,
      `const store = openLocalStore(folder);
       await go();
       for (let n = 1; n <= 200; n++) store.addObservation({ ...observation, at: n });
       if (store.trouble) throw new Error(store.trouble);`,
    );
    await once(child.stdout!, 'data');
    child.stdin!.write('go');
    for (let n = 1; n <= 200; n++) store.addObservation(observation({ session: 'parent', at: n }));
    const [code] = await once(child, 'exit');
    expect([code, store.trouble]).toEqual([0, undefined]);
    const inOrder = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const session of ['parent', 'child']) {
      const own = store.observations().filter((one) => one.session === session);
      expect(own.map((one) => one.at)).toEqual(inOrder);
    }
  });

  test.each([
    ['a new', {}],
    ['a damaged', { 'local.db': 'garbage '.repeat(2000) }],
  ])('open %s file at once', async (_which, files) => {
    const folder = await folderWith(files);
    const children = Array.from({ length: 4 }, () =>
      childThat(folder, 'await go(); openLocalStore(folder).addObservation(observation);'),
    );
    await Promise.all(children.map((child) => once(child.stdout!, 'data')));
    for (const child of children) child.stdin!.write('go');
    const codes = await Promise.all(children.map((child) => once(child, 'exit').then(([code]) => code)));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(storeIn(folder).observations()).toHaveLength(4);
    const aside = readdirSync(folder).filter((name) => /corrupt-\d+$/.test(name));
    expect(aside).toHaveLength(Object.keys(files).length);
  });

  test('that replace a damaged file while another opens it do not lead that one astray', async () => {
    const folder = await folderWith({ 'local.db': 'garbage '.repeat(2000) });
    const child = childThat(
      folder,
      `const { DatabaseSync } = await import('node:sqlite');
       const prepare = DatabaseSync.prototype.prepare;
       let other;
       DatabaseSync.prototype.prepare = function (sql) {
         DatabaseSync.prototype.prepare = prepare;
         other = openLocalStore(folder);
         other.addObservation(observation);
         return prepare.call(this, sql);
       };
       const store = openLocalStore(folder);
       other.close();
       store.addObservation(observation);
       store.close();`,
    );
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(storeIn(folder).observations()).toHaveLength(2);
  });
});
