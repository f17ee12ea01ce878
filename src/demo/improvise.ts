/**
 * What the simulated models say in a conversation that nobody wrote lines for: the right form, a view that each
 * always has, and that they are simulated.
 */
import type { SeenRequest } from '../simulation/script.ts';

/** By what a model is known, and what it is for whatever is asked. */
const VIEWS: Record<string, string> = {
  claude: 'do the smallest thing that can be taken back',
  gemini: 'measure first, then decide',
  qwen: 'do what can be done on this machine',
};
const PLAIN = 'I am simulated, so I know nothing of your question. ';

/** Undefined where the request is none of a pattern's. */
export function improvised({ model, system, messages }: SeenRequest): string | undefined {
  const name = Object.keys(VIEWS).find((part) => model.includes(part));
  if (!name) return undefined;
  const view = VIEWS[name]!;
  const asked = messages.at(-1)?.text ?? '';
  const forms: [RegExp, () => string][] = [
    [
      /asked the same question/,
      () => `${PLAIN}My view on everything: **${view}**. Against it: it may take longer.`,
    ],
    [/You put together/, () => synthesis(asked)],
    [/You are a voter/, () => ballot(asked, name)],
    [/You write a draft/, () => draft(asked)],
    [/You review another's draft/, () => review(asked, name)],
    [
      /You are in a discussion/,
      () => `${PLAIN}I would ${view}.\n\nPosition: ${position(messages.length, name)}`,
    ],
    [
      /You lead a discussion/,
      () => JSON.stringify({ next: 'end', why: 'Simulated models have said it all.' }),
    ],
    [
      /You write the minutes/,
      () => 'Decision: none.\n\nReasons: the models are simulated.\n\nMinority report: none.',
    ],
    [/You judge a debate/, () => `${PLAIN}The case that is easier to take back is the better one.`],
    [/You choose the model/, () => choice(asked)],
    [/You plan\./, () => `${PLAIN}Plan: ${view}.`],
    [/You carry out a plan/, () => `${PLAIN}I changed nothing, and saw nothing break.`],
    [/You review what was done/, () => 'Nothing was changed, so nothing is wrong.\n\nVerdict: approve'],
    [/in a piece of work that/, () => `${PLAIN}My part: ${view}.\n\nVerdict: approve`],
  ];
  return forms.find(([role]) => role.test(system))?.[1]();
}

function synthesis(asked: string): string {
  const letters = [...asked.matchAll(/^Adviser ([A-Z]):$/gm)].map(([, letter]) => `Adviser ${letter}`);
  return `They agree that they are simulated. ${letters.join(' and ')} differ in what they would do first.\n\nMinority report: none.`;
}

/** The one that runs here is of another mind, so that there is a dissent to be seen. */
function ballot(asked: string, name: string): string {
  const listed = /"(choice|approved|ranking)": .*$/m.exec(asked);
  const labels = [...(listed?.[0] ?? '').matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .slice(1)
    .map(([, label]) => label!);
  const ordered = name === 'qwen' ? labels.toReversed() : labels;
  const reason = `A simulated model votes for the ${name === 'qwen' ? 'last' : 'first'}.`;
  if (listed?.[1] === 'choice') return JSON.stringify({ reason, choice: ordered[0] });
  return JSON.stringify({ reason, [listed?.[1] ?? 'ranking']: ordered });
}

function draft(asked: string): string {
  const answers = [...asked.matchAll(/^(o\d+) \(/gm)].map(([, id]) => `${id}: done - it has an end now`);
  const text = answers.length > 0 ? 'A simulated draft, with an end.' : 'A simulated draft.';
  return ['<draft>', text, '</draft>', ...answers].join('\n');
}

function review(asked: string, name: string): string {
  const objects = name !== 'qwen' && !asked.includes('with an end');
  const objection = { severity: 'major', place: 'the end', wrong: 'It has none.', todo: 'Give it one.' };
  const own = [...asked.matchAll(/^(o\d+) \(/gm)].map(([, id]) => id);
  return JSON.stringify({
    approve: !objects,
    objections: objects ? [objection] : [],
    resolved: objects ? [] : own,
  });
}

/** They come together when they have heard each other. */
function position(messages: number, name: string): string {
  return name === 'gemini' && messages < 2 ? 'object' : 'agree';
}

function choice(asked: string): string {
  const [, first] = /weakest first:\n(\S+): /.exec(asked) ?? [];
  return JSON.stringify({ model: first, why: 'a simulated choice: the first in line' });
}
