import type { EventOf } from '../conversation/event.ts';
import { duration } from './figures.ts';
import { type Folds, INDENT, type Paper } from './paper.ts';
import { linesOf, onOneLine, printable, withoutOverwritten } from './printable.ts';
import { pulse } from './speech.ts';
import type { Voice } from './transcript.ts';

const OUTPUT_ROWS = 4;
/** Characters of output that the rows are made from. */
const OUTPUT_KEPT = 4_000;
const ERROR_LINES = 3;
/** Of a reason that is one long sentence, such as what would be accepted instead. */
const SENTENCE_ROWS = 6;
/** Shorter times are not worth a word, in seconds. */
const NOTABLE_TIME = 1;

/** A tool call under way. */
export class ToolWork {
  readonly voice: Voice;
  readonly #title: string;
  readonly #startedAt: number;
  #output = '';
  /** Seconds that passed until the human had answered. */
  waitedSeconds = 0;

  constructor(voice: Voice, { title, at }: EventOf<'tool.started'>) {
    this.voice = voice;
    this.#title = onOneLine(printable(title));
    this.#startedAt = at;
  }

  add(output: string): void {
    this.#output = (this.#output + output).slice(-OUTPUT_KEPT);
  }

  /** The rows of the live region: what runs, how long, and its last output. */
  rows(now: number, paper: Paper): string[] {
    const { quiet } = paper.theme;
    const time = duration((now - this.#startedAt) / 1000 - this.waitedSeconds);
    const output = shown(this.#output).slice(-OUTPUT_ROWS);
    return [
      paper.line(`${quiet(pulse(now))} ${this.#title} ${quiet(`· ${time}`)}`),
      ...output.map((line) => paper.line(quiet(line), 2)),
    ];
  }

  /** The call and its result in a line; where it failed, with what it said last. */
  resultLines(event: EventOf<'tool.ended'>, paper: Paper, folds: Folds): string[] {
    const { failure, quiet, success } = paper.theme;
    const failed = event.result.isError === true;
    const figures = [onOneLine(printable(event.summary))];
    const seconds = event.seconds - this.waitedSeconds;
    if (seconds >= NOTABLE_TIME) figures.push(duration(seconds));
    const sign = failed ? failure('✗') : success('✓');
    const line = paper.line(`${sign} ${this.#title} ${quiet(`· ${figures.join(' · ')}`)}`);
    if (!failed) return [line];
    const reasons = errorLines(event);
    const all = outputLines(event);
    if (all.length > reasons.length) folds.add(this.#title, () => all.map((text) => INDENT + INDENT + text));
    if (reasons.length > 1) return [line, ...reasons.map((text) => paper.line(quiet(text), 2))];
    const rows = reasons.flatMap((text) => paper.wrapped(text, 2));
    const last = rows.length > SENTENCE_ROWS ? ['…'] : [];
    return [line, ...[...rows.slice(0, SENTENCE_ROWS), ...last].map((row) => paper.line(quiet(row), 2))];
  }
}

/** Of what a failed call said, the lines that look like the reason, else the last ones. */
function errorLines(event: EventOf<'tool.ended'>): string[] {
  const lines = outputLines(event);
  if (lines.length === 1 && lines[0]?.includes(event.summary)) return [];
  const reasons = lines.filter((line) => REASON.test(line));
  return reasons.length > 0 ? reasons.slice(0, ERROR_LINES) : lines.slice(-ERROR_LINES);
}

/** All that a call said, apart from the line in brackets that repeats the summary for the model. */
function outputLines({ result }: EventOf<'tool.ended'>): string[] {
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  return shown(text).filter((line) => !line.startsWith('['));
}

const REASON = /\b(error|exception|expected|fail(ed|s|ure)?|fatal|not ok|panic(ked)?)\b|✖|✗/i;

function shown(output: string): string[] {
  return linesOf(printable(withoutOverwritten(output))).filter((line) => line.trim() !== '');
}
