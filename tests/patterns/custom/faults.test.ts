import { describe, expect, test } from 'vitest';
import { faultInPattern } from '../../support/custom-scene.ts';

const HEAD = 'about: a try\nroles: { planner: , critic: }\n';
const steps = (...lines: string[]) => `${HEAD}steps:\n${lines.map((line) => `  ${line}\n`).join('')}`;
const PLAN = '- { id: plan, ask: planner, prompt: Go }';

test('a pattern without a fault has none', async () => {
  expect(await faultInPattern(steps(PLAN))).toBe('no fault');
});

describe('a fault is told with its place and the nearest right name', () => {
  test.each([
    ['no YAML', 'about: "x', /^bad-config: mine\.yaml:1:10: /],
    ['no text at all', '', 'mine.yaml:1:1: about is missing.'],
    [
      'an unknown key',
      `${HEAD}step: []\nsteps: [{}]`,
      'mine.yaml:3:1: unknown key "step". Did you mean steps?',
    ],
    [
      'another name than its file',
      `name: yours\n${steps(PLAN)}`,
      'mine.yaml:1:7: this pattern is called mine',
    ],
    ['no role', 'about: a\nroles: {}\nsteps: [{}]', 'mine.yaml:2:8: there is no role.'],
    [
      'a role that is no name',
      'about: a\nroles: { "a b": }\nsteps: [{}]',
      'mine.yaml:2:10: "a b" is no name',
    ],
    ['no steps', `${HEAD}steps: []`, 'mine.yaml:3:8: steps: there is no step.'],
    ['a limit that is none', `${HEAD}limits: { rounds: 0 }\nsteps: [{}]`, 'mine.yaml:3:19: limits.rounds: '],
    [
      'a step of no kind',
      steps('- { id: x }'),
      'mine.yaml:4:5: a step has one of: ask, vote, repeat, parallel.',
    ],
    [
      'a step of two kinds',
      steps('- { id: x, ask: planner, vote: borda }'),
      'mine.yaml:4:28: a step has either ask or vote.',
    ],
    [
      'an unknown key of a step',
      steps('- { id: x, ask: planner, promt: Go }'),
      'mine.yaml:4:28: unknown key "promt". Did you mean prompt?',
    ],
    [
      'a tool setting that is none',
      steps('- { id: x, ask: planner, prompt: Go, tools: reed }'),
      'mine.yaml:4:47: tools: "reed" is not one of none, read, all. Did you mean read?',
    ],
    [
      'an unknown role',
      steps('- { id: x, ask: [planner, critik], prompt: Go }'),
      'mine.yaml:4:29: there is no role critik. Did you mean critic?',
    ],
    [
      'a role that is asked twice',
      steps('- { id: x, ask: [planner, planner], prompt: Go }'),
      'mine.yaml:4:29: planner is named twice.',
    ],
    [
      'two steps of one name',
      steps(PLAN, '- { id: plan, ask: critic, prompt: Go }'),
      'mine.yaml:5:11: there are two steps called plan.',
    ],
    [
      'a step called task',
      steps('- { id: task, ask: planner, prompt: Go }'),
      'mine.yaml:4:11: a step cannot be called task',
    ],
    [
      'an unknown variable',
      steps(PLAN, '- id: x', '  ask: critic', '  prompt: |', '    Read', '    {{plan}} and {{ plam }}.'),
      'mine.yaml:9:20: {{ plam }}: there is no step plam. Did you mean plan?',
    ],
    [
      'the name of a role for a step',
      steps(PLAN, '- { id: x, ask: critic, prompt: "{{planner}}" }'),
      "mine.yaml:5:36: {{planner}}: there is no step planner (planner is a role; what it said goes by the step's name).",
    ],
    [
      'braces that name nothing',
      steps('- { id: x, ask: critic, prompt: "a {{1+1}}" }'),
      'mine.yaml:4:38: {{1+1}} names nothing.',
    ],
    [
      'a voice that is not asked',
      steps(PLAN, '- { id: x, ask: critic, prompt: "{{plan.critic}}" }'),
      'mine.yaml:5:36: {{plan.critic}}: critic is not asked in plan. There are: planner.',
    ],
    [
      'a variable before its step',
      steps('- { id: x, ask: critic, prompt: "{{plan}}" }', PLAN),
      'mine.yaml:4:36: {{plan}}: plan has not spoken yet when this is asked: it comes later',
    ],
    [
      'a step that reads itself',
      steps('- { id: x, ask: critic, prompt: "{{x}}" }'),
      'mine.yaml:4:36: {{x}}: x has not spoken yet',
    ],
    [
      'a variable of a parallel neighbour',
      steps('- parallel:', `    ${PLAN}`, '    - { id: x, ask: critic, prompt: "{{plan}}" }'),
      'mine.yaml:6:40: {{plan}}: plan has not spoken yet',
    ],
    [
      'a later step of a repeat that is not said to be optional',
      steps(
        '- repeat: { times: 2 }',
        '  steps:',
        '    - { id: x, ask: critic, prompt: "{{plan}}" }',
        `    ${PLAN}`,
      ),
      'mine.yaml:6:40: {{plan}}: plan has not spoken yet when this is asked in the first round. Write {{plan?}}',
    ],
    [
      'a round outside of a repeat',
      steps('- { id: x, ask: critic, prompt: "{{round}}" }'),
      'mine.yaml:4:36: {{round}}: rounds are only counted inside a repeat.',
    ],
    [
      'a condition that cannot be read',
      steps(PLAN, '- id: x', '  ask: critic', '  prompt: Go', '  when: plan contains todo'),
      'mine.yaml:8:25: column 15 of the condition: a text in quotes is expected here, and there is todo.',
    ],
    [
      'a condition that is not at its end',
      steps(PLAN, '- { id: x, ask: critic, prompt: Go, when: plan.approved and }'),
      'mine.yaml:5:59: column 18 of the condition: a step, "round", "not" or "(" is expected here, and it ends.',
    ],
    [
      'a condition on an unknown step',
      steps(PLAN, '- { id: x, ask: critic, prompt: Go, when: not plam.approved }'),
      'mine.yaml:5:49: there is no step plam. Did you mean plan?',
    ],
    [
      'a condition on a later step',
      steps('- { id: x, ask: critic, prompt: Go, when: plan.approved }', PLAN),
      'mine.yaml:4:45: plan has not spoken yet',
    ],
    [
      'the winner of no vote',
      steps(PLAN, '- { id: x, ask: critic, prompt: Go, when: plan.winner is "red" }'),
      'mine.yaml:5:45: plan is no vote, so nobody wins it.',
    ],
    [
      'a winner that cannot win',
      steps(
        '- { id: v, vote: plurality, options: [red, blue], prompt: Which? }',
        `- { id: x, ask: critic, prompt: Go, when: 'v.winner is "rad"' }`,
      ),
      'mine.yaml:5:46: "rad" cannot win v. Did you mean red?',
    ],
    [
      'a round in a condition outside of a repeat',
      steps('- { id: x, ask: critic, prompt: Go, when: round >= 2 }'),
      'mine.yaml:4:45: rounds are only counted inside a repeat.',
    ],
    [
      'a condition at the end that names nothing',
      `${steps(PLAN)}agreed: plam.approved\n`,
      'mine.yaml:5:9: there is no step plam. Did you mean plan?',
    ],
    [
      'a repeat without end',
      steps('- repeat: { until: plan.approved }', '  steps:', `    ${PLAN}`),
      'mine.yaml:4:5: repeat.times is missing.',
    ],
    [
      'a vote on nothing',
      steps('- { id: v, vote: borda }'),
      'mine.yaml:4:5: the vote v needs either "between" or "options".',
    ],
    [
      'a rule that is none',
      steps('- { id: v, vote: bordo, options: [a, b] }'),
      'mine.yaml:4:20: vote: "bordo" is not one of plurality, borda, condorcet, approval, judge. Did you mean borda?',
    ],
    [
      'a judge who is not named',
      steps('- { id: v, vote: judge, options: [a, b] }'),
      'mine.yaml:4:20: a judge decides: name the role with "judge".',
    ],
    [
      'a vote between what comes later',
      steps('- { id: v, vote: borda, between: plan }', PLAN),
      'mine.yaml:4:36: plan has not spoken yet: it comes later.',
    ],
    [
      'two at work at the same time with all tools',
      steps('- { id: x, ask: [planner, critic], prompt: Go, tools: all }'),
      'mine.yaml:4:57: models at work at the same time would write over each other',
    ],
    [
      'a schema that is none',
      steps('- { id: x, ask: planner, prompt: Go, form: json, schema: { type: strange } }'),
      'mine.yaml:4:60: this is no JSON schema: ',
    ],
    [
      'a schema for a text',
      steps('- { id: x, ask: planner, prompt: Go, schema: { type: object } }'),
      'mine.yaml:4:40: a schema needs "form: json" beside it.',
    ],
    [
      'steps that lead back into themselves',
      `${HEAD}steps: &a\n  - { repeat: { times: 2 }, steps: *a }\n`,
      'mine.yaml:1:1: steps stand inside steps without end.',
    ],
  ])('%s', async (_what, yaml, fault) => {
    const told = await faultInPattern(yaml);
    if (typeof fault === 'string') expect(told.replace('bad-config: ', '')).toContain(fault);
    else expect(told).toMatch(fault);
  });
});
