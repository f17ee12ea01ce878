/**
 * The little language of conditions: `review.approved and not (plan contains "TODO") or round >= 2`. It is parsed,
 * never evaluated as code; what it can ask is listed in `Question`. See docs/custom-patterns.md.
 */

export type Condition =
  | { op: 'and' | 'or'; left: Condition; right: Condition }
  | { op: 'not'; inner: Condition }
  | Question;

/** What a condition can ask; `at` is where that stands in its text. */
export type Question =
  | { op: 'approved' | 'tied'; step: string; at: number }
  | { op: 'contains'; step: string; role?: string; text: string; at: number }
  | { op: 'winner'; step: string; name: string; at: number }
  | { op: 'round'; compare: Compare; value: number; at: number };

export type Compare = '>=' | '<=' | '>' | '<' | '=';

/** What a condition asks about. */
export interface Facts {
  approved(step: string): boolean;
  tied(step: string): boolean;
  /** All that was said in a step, or by one role of it; empty where it did not speak yet. */
  text(step: string, role?: string): string;
  /** The names by which the winner of a vote goes. */
  winners(step: string): readonly string[];
  round: number;
}

/** What is wrong with a condition, and where in its text. */
export class ConditionFault extends Error {
  readonly at: number;
  readonly token: string;

  constructor(message: string, { at, text }: Token) {
    super(message);
    this.at = at;
    this.token = text;
  }
}

interface Token {
  kind: 'word' | 'string' | 'number' | 'sign' | 'end';
  text: string;
  at: number;
}

/** Words of the language, which no step may be called. */
export const CONDITION_WORDS: readonly string[] = ['and', 'or', 'not', 'contains', 'is', 'round'];
const TOKEN =
  /(?<space>\s+)|(?<string>"(?:[^"\\]|\\.)*"|'[^']*')|(?<number>\d+)|(?<sign>>=|<=|[<>=()])|(?<word>[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)?)/y;
const COMPARES: readonly string[] = ['>=', '<=', '>', '<', '='];
/** Parentheses inside parentheses. */
const DEEPEST = 20;

/** @throws {ConditionFault} */
export function parseCondition(text: string): Condition {
  const parser = new Parser(tokensOf(text));
  const condition = parser.either(0);
  parser.end();
  return condition;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) {
      const token: Token = { kind: 'sign', text: text[at]!, at };
      const quote = token.text === '"' || token.text === "'";
      throw new ConditionFault(
        quote ? 'this text has no closing quote' : `"${token.text}" means nothing here`,
        token,
      );
    }
    const [kind, found] = Object.entries(groups).find(([, value]) => value !== undefined) as [string, string];
    if (kind !== 'space') tokens.push({ kind: kind as Token['kind'], text: found, at });
    at += found.length;
  }
  return [...tokens, { kind: 'end', text: '', at }];
}

class Parser {
  readonly #tokens: Token[];
  #next = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  either(depth: number): Condition {
    let left = this.#both(depth);
    while (this.#takes('or')) left = { op: 'or', left, right: this.#both(depth) };
    return left;
  }

  end(): void {
    const token = this.#peek();
    if (token.kind !== 'end') throw expected('"and", "or" or the end', token);
  }

  #both(depth: number): Condition {
    let left = this.#single(depth);
    while (this.#takes('and')) left = { op: 'and', left, right: this.#single(depth) };
    return left;
  }

  #single(depth: number): Condition {
    const token = this.#peek();
    if (depth > DEEPEST) throw new ConditionFault('this is too deep', token);
    if (this.#takes('not')) return { op: 'not', inner: this.#single(depth + 1) };
    if (this.#takes('(')) {
      const inner = this.either(depth + 1);
      if (!this.#takes(')')) throw expected('")"', this.#peek());
      return inner;
    }
    if (this.#takes('round')) return this.#round(token.at);
    if (token.kind !== 'word' || CONDITION_WORDS.includes(token.text))
      throw expected('a step, "round", "not" or "("', token);
    this.#next++;
    return this.#aboutStep(token);
  }

  #round(at: number): Condition {
    const compare = this.#take(({ text }) => COMPARES.includes(text), 'a comparison such as ">="');
    const value = this.#take(({ kind }) => kind === 'number', 'a number');
    return { op: 'round', compare: compare.text as Compare, value: Number(value.text), at };
  }

  #aboutStep({ text: name, at }: Token): Condition {
    const [step = '', part] = name.split('.');
    if (this.#takes('contains')) {
      const text = this.#quoted();
      return part === undefined
        ? { op: 'contains', step, text, at }
        : { op: 'contains', step, role: part, text, at };
    }
    if (part === 'approved' || part === 'tied') return { op: part, step, at };
    if (part === 'winner') {
      this.#take(({ text }) => text === 'is', '"is"');
      return { op: 'winner', step, name: this.#quoted(), at };
    }
    throw expected(
      `"contains" after ${name}, or ${step}.approved, ${step}.winner, ${step}.tied`,
      this.#peek(),
    );
  }

  #quoted(): string {
    const token = this.#take(({ kind }) => kind === 'string', 'a text in quotes');
    if (token.text.startsWith("'")) return token.text.slice(1, -1);
    try {
      return JSON.parse(token.text) as string;
    } catch {
      throw new ConditionFault('this text is not written as in JSON', token);
    }
  }

  #take(fits: (token: Token) => boolean, what: string): Token {
    const token = this.#peek();
    if (!fits(token)) throw expected(what, token);
    this.#next++;
    return token;
  }

  #takes(text: string): boolean {
    const token = this.#peek();
    if (token.kind === 'string' || token.text !== text) return false;
    this.#next++;
    return true;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }
}

function expected(what: string, token: Token): ConditionFault {
  const found = token.kind === 'end' ? 'it ends' : `there is ${token.text}`;
  return new ConditionFault(`${what} is expected here, and ${found}`, token);
}

/** A condition as it is written; reads back as the same. */
export function printCondition(condition: Condition): string {
  switch (condition.op) {
    case 'or':
      return `${printCondition(condition.left)} or ${grouped(condition.right, ['or'])}`;
    case 'and':
      return `${grouped(condition.left, ['or'])} and ${grouped(condition.right, ['or', 'and'])}`;
    case 'not':
      return `not ${grouped(condition.inner, ['or', 'and'])}`;
    case 'contains': {
      const { step, role, text } = condition;
      return `${role === undefined ? step : `${step}.${role}`} contains ${JSON.stringify(text)}`;
    }
    case 'winner':
      return `${condition.step}.winner is ${JSON.stringify(condition.name)}`;
    case 'round':
      return `round ${condition.compare} ${condition.value}`;
    case 'approved':
    case 'tied':
      return `${condition.step}.${condition.op}`;
  }
}

function grouped(condition: Condition, weaker: readonly string[]): string {
  const text = printCondition(condition);
  return weaker.includes(condition.op) ? `(${text})` : text;
}

export function isTrue(condition: Condition, facts: Facts): boolean {
  switch (condition.op) {
    case 'and':
      return isTrue(condition.left, facts) && isTrue(condition.right, facts);
    case 'or':
      return isTrue(condition.left, facts) || isTrue(condition.right, facts);
    case 'not':
      return !isTrue(condition.inner, facts);
    case 'contains': {
      const said = facts.text(condition.step, condition.role).toLowerCase();
      return said.includes(condition.text.toLowerCase());
    }
    case 'winner':
      return facts.winners(condition.step).includes(condition.name);
    case 'round':
      return COMPARED[condition.compare](facts.round, condition.value);
    case 'approved':
    case 'tied':
      return facts[condition.op](condition.step);
  }
}

const COMPARED: Record<Compare, (round: number, value: number) => boolean> = {
  '>=': (round, value) => round >= value,
  '<=': (round, value) => round <= value,
  '>': (round, value) => round > value,
  '<': (round, value) => round < value,
  '=': (round, value) => round === value,
};

/** The conditions inside a condition that ask about something. */
export function questionsIn(condition: Condition): Question[] {
  if ('inner' in condition) return questionsIn(condition.inner);
  if ('left' in condition) return [...questionsIn(condition.left), ...questionsIn(condition.right)];
  return [condition];
}
