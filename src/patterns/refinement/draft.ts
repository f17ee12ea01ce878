/** A draft and what its author says to the objections, as one reply holds them. */
const DRAFT = /<draft>\n?([\s\S]*?)\n?<\/draft>/;
const ANSWER = /^\s*[-*]?\s*(o\d+)\s*:\s*(done|disputed)\b\s*[-–—:,.]?\s*(.*)$/gim;

export const DRAFT_FORM =
  'Put the whole draft between <draft> and </draft>. After it, for each objection one line: "o1: done - how" or "o1: disputed - why".';

export interface Drafted {
  draft: string;
  answers: Map<string, { disputed: boolean; why: string }>;
}

/** A reply without the marks is the draft, all of it. */
export function readDraft(text: string): Drafted {
  const match = DRAFT.exec(text);
  const draft = match ? match[1]! : text.trim();
  const rest = match ? text.slice(match.index + match[0].length) : '';
  const answers: Drafted['answers'] = new Map();
  for (const [, id, state, why] of rest.matchAll(ANSWER))
    answers.set(id!.toLowerCase(), { disputed: state!.toLowerCase() === 'disputed', why: why!.trim() });
  return { draft, answers };
}
