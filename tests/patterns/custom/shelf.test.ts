import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPattern } from '../../../src/patterns/custom/load.ts';
import { SHIPPED } from '../../../src/patterns/custom/shipped.ts';
import { ballot, CLAUDE, GEMINI, GPT, labelOf, patternScene, QWEN } from '../../support/pattern-scene.ts';

const saying = (about: string) =>
  `about: ${about}\nroles: { me: }\nsteps: [{ id: said, ask: me, prompt: "${about}" }]\n`;
const CODE = `export default async (room, order) => {
  const [model] = await room.models('${GPT}');
  const { text } = await room.ask({ model, as: 'thinker', messages: [{ role: 'user', parts: [{ type: 'text', text: order.task as string }] }] });
  return { text: text + '!', outcome: 'agreed' };
};`;

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

describe('patterns', () => {
  test("of the human win over the project's, and both over those that come with Parley", async () => {
    const scene = await patternScene(
      {},
      {
        files: {
          '.parley/patterns/both.yaml': saying('theirs'),
          '.parley/patterns/bug-hunt.yml': saying('hunt'),
        },
      },
    );
    await write(join(scene.env.HOME, '.config/parley/patterns/both.yaml'), saying('mine'));
    await write(join(scene.env.HOME, '.config/parley/patterns/broken.yaml'), 'about: [');
    await write(join(scene.env.HOME, '.config/parley/patterns/notes.txt'), 'no pattern');
    const listed = await scene.agent.patterns();
    expect(listed.map(({ name, from, about }) => [name, from, about])).toEqual([
      ['both', 'own', 'mine'],
      ['broken', 'own', undefined],
      ['bug-hunt', 'project', 'hunt'],
      ['plan-build-review', 'shipped', 'one model plans, one builds, one reviews, until the review approves'],
      [
        'second-opinion',
        'shipped',
        'another model reads what git diff shows before it is committed, and gives its verdict',
      ],
    ]);
    expect(listed[1]!.fault).toMatch(/^~\/\.config\/parley\/patterns\/broken\.yaml:1:\d+: /);
    await scene.agent.pattern('both', {});
    expect(scene.sentTo('claude')[0]!.messages.at(-1)!.text).toBe('mine');
    await expect(scene.agent.pattern('broken', {})).rejects.toMatchObject({ kind: 'bad-config' });
    await expect(scene.agent.pattern('bug-hund', {})).rejects.toThrow(
      'There is no pattern bug-hund. Did you mean bug-hunt?',
    );
  });

  test('may stand in the settings, behind those that have files of their own, with faults where they stand', async () => {
    const inSettings = (...patterns: string[]) =>
      [
        'patterns:',
        '  custom:',
        ...patterns.flatMap((text) => text.split('\n').map((line) => `    ${line}`)),
      ].join('\n');
    const steps = (about: string) =>
      `about: ${about}, roles: { me: }, steps: [{ id: said, ask: me, prompt: "${about}" }]`;
    const scene = await patternScene(
      {},
      {
        config: inSettings(`brief: { ${steps('mine')} }`, `both: { ${steps('settings')} }`),
        files: {
          '.parley/config.yaml': inSettings(
            `theirs: { ${steps('project')} }`,
            'broken:',
            '  about: x',
            '  roles: {}',
          ),
        },
      },
    );
    await write(join(scene.env.HOME, '.config/parley/patterns/both.yaml'), saying('file'));
    const listed = await scene.agent.patterns();
    const found = listed.filter(({ from }) => from !== 'shipped');
    expect(found.map(({ name, from, shown, about }) => [name, from, shown, about])).toEqual([
      ['both', 'own', '~/.config/parley/patterns/both.yaml', 'file'],
      ['brief', 'own', '~/.config/parley/config.yaml', 'mine'],
      ['broken', 'project', '.parley/config.yaml', undefined],
      ['theirs', 'project', '.parley/config.yaml', 'project'],
    ]);
    expect(found[2]!.fault).toBe('.parley/config.yaml:4:5: steps is missing.');
    await scene.agent.pattern('brief', {});
    expect(scene.sentTo('claude')[0]!.messages.at(-1)!.text).toBe('mine');
  });

  test.each(Object.entries(SHIPPED))('that come with Parley are without fault: %s', async (name, text) => {
    expect(await readPattern(text, { name, shown: name, from: 'shipped' })).toMatchObject({ name });
    expect(text.startsWith(`name: ${name}\n`)).toBe(true);
  });
});

describe('a pattern in TypeScript', () => {
  test('of a project is not run until the human trusts the project, and one sentence says how', async () => {
    const scene = await patternScene({ gpt: 'Thought' }, { files: { '.parley/patterns/deep.ts': CODE } });
    const how = `.parley/patterns/deep.ts is code, which is not run because it came with the project: read it, and if you trust it put trusted_projects: [${JSON.stringify(scene.workspace)}] into your own config.yaml.`;
    await expect(scene.agent.pattern('deep', { task: 'why' })).rejects.toThrow(how);
    expect((await scene.agent.patterns()).find(({ name }) => name === 'deep')!.fault).toBe(how);

    const file = join(scene.env.HOME, '.config/parley/config.yaml');
    await write(join(scene.workspace, '.parley/config.yaml'), `trusted_projects: ["${scene.workspace}"]`);
    const { warnings } = await scene.agent.loadConfig();
    expect(warnings[0]).toMatch(
      /^\.parley\/config\.yaml:1:1: trusted_projects is left out: a project cannot trust itself/,
    );
    await expect(scene.agent.pattern('deep', { task: 'why' })).rejects.toThrow(how);

    const { readFile } = await import('node:fs/promises');
    await write(file, `${await readFile(file, 'utf8')}\ntrusted_projects: ["${scene.workspace}"]\n`);
    await scene.agent.loadConfig();
    const result = await scene.agent.pattern('deep', { task: 'why' });
    expect(result).toMatchObject({ name: 'deep', outcome: 'agreed', answer: 'Thought!', text: 'Thought!' });
    expect(scene.seen('pattern.step')[0]).toMatchObject({ title: 'thinker', model: GPT });
    expect(scene.seen('pattern.ended')[0]).toMatchObject({ name: 'deep', outcome: 'agreed' });
    expect(scene.logged()).toBe(scene.requests().length);
  });

  test('of the human is theirs; what it throws ends it, and what was said is kept', async () => {
    const scene = await patternScene({ gpt: 'Thought' });
    const folder = join(scene.env.HOME, '.config/parley/patterns');
    await write(join(folder, 'wild.ts'), CODE.replace('return {', "throw new Error('no more'); return {"));
    await write(join(folder, 'empty.ts'), 'export const nothing = 1;');
    const result = await scene.agent.pattern('wild', { task: 'why' });
    expect(result.outcome).toBe('failed');
    expect(result.text).toBe(`${GPT}:\nThought\n\n[no more]`);
    await expect(scene.agent.pattern('empty', {})).rejects.toThrow('empty.ts exports no function by default');
  });
});

describe('shipped', () => {
  test('plan-build-review runs until the review approves', async () => {
    const verdicts = ['Too small. Verdict: change', 'Good. Verdict: approve'];
    const scene = await patternScene({
      claude: 'The plan.',
      gpt: 'Built.',
      gemini: (_request, n) => ({ text: verdicts[n]! }),
    });
    const result = await scene.agent.pattern('plan-build-review', {
      task: 'Make it.',
      roles: { builder: GPT, reviewer: GEMINI },
    });
    expect([result.outcome, result.rounds, result.agreed]).toEqual(['agreed', 2, true]);
    expect(scene.sentTo('gpt')[1]!.messages.at(-1)!.text).toContain('The plan:\nThe plan.\n\nToo small.');
  });

  test('bug-hunt ranks three finds without names, and has the best one mended', async () => {
    const hunter = (find: string) => (request: { messages: { text: string }[] }) => {
      const text = request.messages.at(-1)!.text;
      if (!text.includes('Several models looked')) return { text: text.includes('Mend') ? 'Mended.' : find };
      const labels = [...text.matchAll(/Answer ([A-Z]+):\n/g)].map(([, label]) => label!);
      const best = labelOf(request as never, 'FIND-G');
      const ranking = text.includes('FIND-G') ? [best, ...labels.filter((label) => label !== best)] : labels;
      return { text: ballot('Right.', { ranking }) };
    };
    const scene = await patternScene({
      claude: hunter('FIND-C'),
      gemini: hunter('FIND-G'),
      gpt: hunter('FIND-O'),
    });
    const result = await scene.agent.pattern('bug-hunt', {
      task: 'src',
      roles: { second: GEMINI, third: GPT },
    });
    expect(result.answer).toBe('Mended.');
    expect(result.votes[0]!.vote.winner).toBe(GEMINI);
    expect(scene.sentTo('claude').at(-1)!.messages.at(-1)!.text).toContain('The report:\nFIND-G');
    expect(scene.logged()).toBe(scene.requests().length);
  });

  test('second-opinion needs no task, only reads, and its verdict decides', async () => {
    const scene = await patternScene({ qwen: 'A key is in it. Verdict: change' });
    const result = await scene.agent.pattern('second-opinion', { roles: { reader: QWEN } });
    expect([result.outcome, result.agreed]).toEqual(['dissent', false]);
    const [request] = scene.sentTo('qwen');
    expect(request!.tools).toContain('git_diff');
    expect(request!.tools).not.toContain('shell');
    expect(request!.messages.at(-1)!.text.endsWith('should not be committed as it is.')).toBe(true);
    expect(scene.sentTo(CLAUDE.slice(10))).toEqual([]);
  });
});
