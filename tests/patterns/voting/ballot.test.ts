import { describe, expect, test } from 'vitest';
import { type BallotKind, ballotSchema, readBallot } from '../../../src/patterns/voting/ballot.ts';
import { plurality } from '../../../src/patterns/voting/count.ts';
import { fc } from '../../support/chance.ts';

const ABC = ['A', 'B', 'C'];
const valid = '{"reason": "Shorter.", "choice": "B"}';

describe('a ballot is read', () => {
  const ballot = { reason: 'Shorter.', choice: 'B' };
  test.each([
    ['alone', valid],
    ['in a fence', `\`\`\`json\n${valid}\n\`\`\``],
    ['with text around it', `Let me see. {A, B} are fine, {} and {"x": 1} too.\n${valid}\nThat is my vote.`],
    ['with other fields', '{"confidence": {"choice": 3}, "choice": "B", "reason": " Shorter.\\n"}'],
    ['after code', `function f() { return "{"; }\n${valid}`],
  ])('%s', (_, text) => expect(readBallot('choice', text, ABC)).toEqual({ ballot }));

  test('whatever its reason quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (reason) => {
        fc.pre(reason.trim() !== '');
        const text = JSON.stringify({ reason: `}{"${reason}`, choice: 'A' });
        expect(readBallot('choice', text, ABC).ballot).toEqual({
          reason: `}{"${reason}`.trim(),
          choice: 'A',
        });
      }),
    );
  });

  test('when it approves of none, or of one twice', () => {
    expect(readBallot('approval', '{"reason": "Bad.", "approved": []}', ABC).ballot?.approved).toEqual([]);
    const twice = '{"reason": "Good.", "approved": ["C", "A", "C"]}';
    expect(readBallot('approval', twice, ABC).ballot?.approved).toEqual(['C', 'A']);
  });

  test('when it ranks only some', () => {
    const { ballot } = readBallot('ranking', '{"reason": "The rest is bad.", "ranking": ["C", "A"]}', ABC);
    expect(ballot).toEqual({ reason: 'The rest is bad.', ranking: ['C', 'A'] });
  });
});

describe('a ballot is spoilt', () => {
  test.each<[BallotKind, string, string]>([
    ['choice', 'I vote for B.', 'no JSON object with "choice"'],
    ['choice', '', 'no JSON object'],
    ['choice', '"B"', 'no JSON object'],
    ['choice', '{"reason": "x", "choice": "B"', 'no JSON object'],
    ['choice', '{"reason": "x", "ranking": ["B"]}', 'no JSON object with "choice"'],
    ['choice', `{"vote": ${valid}}`, 'no JSON object'],
    ['choice', "{'reason': 'x', 'choice': 'B'}", 'no JSON object'],
    ['choice', `${valid}\nNo, rather:\n${valid.replace('B', 'C')}`, '2 ballots where one'],
    ['choice', '{"reason": "x", "choice": "B", "choice": "C"}', 'same field twice'],
    ['choice', '{"reason": "x", "choice": "D"}', '"D" is none of the labels A, B, C'],
    ['choice', '{"reason": "x", "choice": "b"}', 'none of the labels'],
    ['choice', '{"reason": "x", "choice": "Answer B"}', 'none of the labels'],
    ['choice', '{"reason": "x", "choice": ["B"]}', 'not a label'],
    ['choice', '{"reason": "x", "choice": null}', 'not a label'],
    ['choice', '{"choice": "B"}', 'no reason'],
    ['choice', '{"choice": "B", "reason": " "}', 'no reason'],
    ['choice', '{"choice": "B", "reason": 7}', 'no reason'],
    ['approval', '{"reason": "x", "approved": "B"}', 'not a list'],
    ['approval', '{"reason": "x", "approved": ["B", 2]}', '2 is none of the labels'],
    ['ranking', '{"reason": "x", "ranking": []}', 'is empty'],
    ['ranking', '{"reason": "x", "ranking": ["B", "A", "B"]}', 'B has two places'],
    ['ranking', '{"reason": "x", "ranking": ["B", null]}', 'null is none'],
    ['ranking', '{"reason": "x", "ranking": {"A": 1}}', 'not a list'],
  ])('%s: %s', (kind, text, why) => {
    const { ballot, spoilt } = readBallot(kind, text, ABC);
    expect(ballot).toBeUndefined();
    expect(spoilt).toContain(why);
    expect(spoilt).toMatch(/^.+\.$/s);
  });

  test('and never counted', () => {
    const good = fc
      .constantFrom(...ABC)
      .map((choice) => ({ choice, text: JSON.stringify({ reason: 'x', choice }) }));
    const bad = fc
      .oneof(
        fc.string(),
        fc.json(),
        fc.constantFrom('{"choice": "A"}', '{"choice": "Z", "reason": "x"}', `${valid}${valid}`),
      )
      .map((text) => ({ choice: undefined, text }));
    fc.assert(
      fc.property(fc.array(fc.oneof(good, bad)), (replies) => {
        const read = replies.flatMap(({ text }, place) => {
          const { ballot } = readBallot('choice', text, ABC);
          return ballot ? [{ voter: `${place}`, choice: ballot.choice }] : [];
        });
        const meant = replies.flatMap(({ choice }, place) => (choice ? [{ voter: `${place}`, choice }] : []));
        expect(plurality(ABC, read)).toEqual(plurality(ABC, meant));
      }),
    );
  });

  test('soon, also where a reply repeats itself for ever', () => {
    const started = performance.now();
    for (const unit of ['{', '{"a":', '{"a', '{}', '{ ', '"{'])
      readBallot('choice', unit.repeat(100_000), ABC);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('what a model is asked for', () => {
  test('is a reason, then the vote, of these labels only', () => {
    const schema = ballotSchema('ranking', ABC);
    expect(schema).toMatchObject({
      type: 'object',
      properties: { reason: { type: 'string' }, ranking: { type: 'array', items: { enum: ABC } } },
      required: ['reason', 'ranking'],
      additionalProperties: false,
    });
    expect(Object.keys(schema.properties as object)).toEqual(['reason', 'ranking']);
    expect(ballotSchema('choice', ABC)).toMatchObject({ properties: { choice: { enum: ABC } } });
    expect(ballotSchema('approval', ABC)).toMatchObject({ required: ['reason', 'approved'] });
  });
});
