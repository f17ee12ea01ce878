import { basename } from 'node:path';
import { lineAt, linesOf } from '../lines.ts';
import { MOST_QUOTED, type SyntaxFault } from './fault.ts';

/** What may come next, as a message names it. */
type Expected = 'a value' | 'a value or "]"' | 'a name' | 'a name or "}"' | '":"' | '","' | 'no more';

interface Token {
  kind: 'string' | 'number or word' | 'sign';
  text: string;
  at: number;
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };
const BLANK = /[ \t\r\n]+/y;
const BLANK_OR_COMMENT = /(?:[ \t\r\n]+|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)+/y;
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const NUMBER_OR_WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
/** Quoted where a token is none: up to the next sign that could be one. */
const ANYTHING = /[^\s,:[\]{}"]+|[\s\S]/uy;

/** The first fault of a JSON text, which `JSON.parse` does not always tell the place of. */
export function jsonFaults(path: string, text: string): SyntaxFault[] {
  // JSON.parse forgives no byte order mark, and everyone else does.
  const source = text.replace(/^\uFEFF/, ' ');
  const relaxed = allowsComments(path);
  if (!relaxed && isJson(source)) return [];
  const fault = new JsonCheck(source, relaxed).firstFault();
  return fault ? [{ ...placeOf(source, fault.at), message: fault.message }] : [];
}

/** TypeScript and Visual Studio Code read comments and trailing commas in files that are called `.json`. */
function allowsComments(path: string): boolean {
  const name = basename(path).toLowerCase();
  if (name.endsWith('.jsonc') || /^(tsconfig|jsconfig)\b/.test(name)) return true;
  return /(^|[\\/])\.(vscode|devcontainer)[\\/]/.test(path);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Reads a text token by token, up to the first that does not fit. */
class JsonCheck {
  readonly #text: string;
  readonly #relaxed: boolean;
  /** The brackets that are open, outermost first. */
  readonly #open: Token[] = [];
  #at = 0;
  #expected: Expected = 'a value';

  constructor(text: string, relaxed: boolean) {
    this.#text = text;
    this.#relaxed = relaxed;
  }

  firstFault(): { at: number; message: string } | undefined {
    for (let token = this.#next(); token; token = this.#next()) {
      const expected = this.#after(token);
      if (!expected) return { at: token.at, message: this.#refusal(token.text) };
      this.#expected = expected;
    }
    if (this.#expected === 'no more') return undefined;
    return { at: this.#text.trimEnd().length, message: this.#endTooSoon() };
  }

  #next(): Token | undefined {
    this.#match(this.#relaxed ? BLANK_OR_COMMENT : BLANK);
    const at = this.#at;
    if (at === this.#text.length) return undefined;
    const string = this.#match(STRING);
    if (string) return { kind: 'string', text: string, at };
    const word = this.#match(NUMBER_OR_WORD);
    if (word) return { kind: 'number or word', text: word, at };
    return { kind: 'sign', text: this.#match(ANYTHING)!, at };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0];
    if (text) this.#at = pattern.lastIndex;
    return text;
  }

  /** What is expected after a token; undefined where the token does not fit. */
  #after(token: Token): Expected | undefined {
    switch (this.#expected) {
      case 'a value or "]"':
        return token.text === ']' ? this.#closed() : this.#value(token);
      case 'a value':
        return this.#value(token);
      case 'a name or "}"':
        return token.text === '}' ? this.#closed() : this.#name(token);
      case 'a name':
        return this.#name(token);
      case '":"':
        return token.text === ':' ? 'a value' : undefined;
      case '","':
        return this.#comma(token);
      case 'no more':
        return undefined;
    }
  }

  #value(token: Token): Expected | undefined {
    if (token.kind !== 'sign') return this.#afterValue();
    if (!CLOSING[token.text]) return undefined;
    this.#open.push(token);
    return token.text === '{' ? 'a name or "}"' : 'a value or "]"';
  }

  #name({ kind }: Token): Expected | undefined {
    return kind === 'string' ? '":"' : undefined;
  }

  #comma({ text }: Token): Expected | undefined {
    const open = this.#open.at(-1)!.text;
    if (text === CLOSING[open]) return this.#closed();
    if (text !== ',') return undefined;
    if (open === '{') return this.#relaxed ? 'a name or "}"' : 'a name';
    return this.#relaxed ? 'a value or "]"' : 'a value';
  }

  #closed(): Expected {
    this.#open.pop();
    return this.#afterValue();
  }

  #afterValue(): Expected {
    return this.#open.length > 0 ? '","' : 'no more';
  }

  #refusal(found: string): string {
    if (found === '"') return 'a string is not closed, or holds a line break or a wrong escape';
    return `expected ${this.#expectedInWords()}, found ${found.slice(0, MOST_QUOTED)}`;
  }

  #endTooSoon(): string {
    const open = this.#open.at(-1);
    if (!open) return `expected ${this.#expectedInWords()}, found nothing`;
    return `"${open.text}" of line ${placeOf(this.#text, open.at).line} is never closed`;
  }

  #expectedInWords(): string {
    if (this.#expected === '","') return `"," or "${CLOSING[this.#open.at(-1)!.text]}"`;
    return this.#expected === 'no more' ? 'the end' : this.#expected;
  }
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const line = lineAt(text, at);
  return { line, column: at - linesOf(text)[line - 1]!.start + 1 };
}
