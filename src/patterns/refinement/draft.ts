/** A draft and what its author says to the objections, as one reply holds them. */
const ANSWER = /^[\s*_-]*(o\d+)\b[^\n:]*:[\s*_]*(done|disputed)\b[\s*_]*[-–—:,.]?\s*(.*)$/gim;

export const DRAFT_FORM =
  'Put the whole draft between a line <draft> and a line </draft>. After it, for each objection one line: "o1: done - how" or "o1: disputed - why".';

export interface Drafted {
  draft: string;
  answers: Map<string, { disputed: boolean; why: string }>;
}

/** From the first opening line to the last closing one; a reply without them is the draft, all of it. */
export function readDraft(text: string): Drafted {
  const opening = /^[ \t]*<draft>[ \t]*\n?/m.exec(text);
  const closing = [...text.matchAll(/\n?<\/draft>[ \t]*$/gm)].at(-1);
  const marked = opening && closing && closing.index >= opening.index + opening[0].length - 1;
  const from = marked ? opening.index + opening[0].length : 0;
  const draft = marked ? text.slice(from, Math.max(from, closing.index)) : text.trim();
  const rest = marked ? text.slice(closing.index + closing[0].length) : '';
  const answers: Drafted['answers'] = new Map();
  for (const [, id, state, why] of rest.matchAll(ANSWER))
    answers.set(id!.toLowerCase(), { disputed: state!.toLowerCase() === 'disputed', why: why!.trim() });
  return { draft, answers };
}
