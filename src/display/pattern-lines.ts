import type { EventOf, PatternOutcome } from '../conversation/event.ts';
import { duration, money, plural } from './figures.ts';
import type { Paper } from './paper.ts';
import { onOneLine, printable } from './printable.ts';

/** How each outcome reads at the end of a line. */
const OUTCOMES: Record<PatternOutcome, string> = {
  agreed: 'agreed',
  dissent: 'ended with dissent',
  done: 'done',
  limit: 'ended at its limit',
  stopped: 'stopped',
  failed: 'failed',
};

/** `refinement agreed · 2 rounds · 34.1 s · $0.0210`, and why it ended where that is said. */
export function patternSummary({
  name,
  outcome,
  why,
  rounds,
  seconds,
  cost,
}: EventOf<'pattern.ended'>): string {
  const parts = [`${name} ${OUTCOMES[outcome]}`];
  if (rounds > 0) parts.push(plural(rounds, 'round'));
  parts.push(duration(seconds), money(cost));
  return onOneLine(printable(parts.join(' · ') + (why ? ` · ${why}` : '')));
}

/** `consultation agreed · 3 of 4 answered · 12.3 s · $0.0123`. */
export function consultationSummary(event: EventOf<'consultation.ended'>): string {
  const { answers, outcome, why, seconds, cost } = event;
  const answered = answers.filter(({ failure }) => !failure).length;
  // Where options are voted on, nobody is asked for more than a vote.
  const parts = [`${answers.length > 0 ? 'consultation' : 'vote'} ${OUTCOMES[outcome]}`];
  if (answers.length > 0) parts.push(`${answered} of ${answers.length} answered`);
  parts.push(duration(seconds), money(cost));
  if (why) parts.push(why);
  return onOneLine(printable(parts.join(' · ')));
}

/** Who answered and how fast; who did not, and why. */
export function answerLines({ answers, synthesis }: EventOf<'consultation.ended'>, paper: Paper): string[] {
  const { theme } = paper;
  const given = answers.filter(({ failure }) => !failure);
  const who = given.map(({ model, seconds }) => `${paper.name(model)} ${theme.quiet(duration(seconds))}`);
  const lines = who.length > 0 ? paper.paragraph(who.join(theme.quiet(' · '))) : [];
  for (const { model, seconds, failure } of answers) {
    if (!failure) continue;
    const late = failure.kind === 'stalled' || failure.kind === 'stopped';
    const sentence = failure.message.startsWith(model) ? failure.message : `${model}: ${failure.message}`;
    const said = onOneLine(`${sentence} (${duration(seconds)})`);
    lines.push(...paper.marked(late ? '○' : '✗', said, late ? theme.warning : theme.failure));
  }
  if (synthesis) lines.push(...paper.paragraph(theme.quiet(`put together by ${synthesis.model}`)));
  return lines;
}

/** `round 2`, `build: ollama:qwen3:8b · round 2`. */
export function stepTitle({ title, model, round }: EventOf<'pattern.step'>): string {
  const parts = [model && model !== title ? `${title}: ${model}` : title];
  if (round !== undefined && round > 1 && !title.includes(`round ${round}`)) parts.push(`round ${round}`);
  return onOneLine(printable(parts.join(' · ')));
}

/** `author claude · reviewers gemini, qwen`. */
export function rolesLine(roles: EventOf<'pattern.started'>['roles'], paper: Paper): string[] {
  const { quiet } = paper.theme;
  const models = Map.groupBy(roles, ({ role }) => role);
  const parts = [...models].map(([role, those]) => {
    const names = those.map(({ model }) => paper.name(model)).join(quiet(', '));
    return `${quiet(`${onOneLine(printable(role))}${those.length > 1 ? 's' : ''}`)} ${names}`;
  });
  return parts.length > 0 ? paper.paragraph(parts.join(quiet(' · ')), 2) : [];
}

/** Who was chosen and why; a stronger one after another failed is marked. */
export function routeLines({ model, why, escalated }: EventOf<'route.chosen'>, paper: Paper): string[] {
  const { quiet, warning } = paper.theme;
  const sign = escalated ? warning('↑') : quiet('→');
  const reason = quiet(`${escalated ? 'takes over' : 'is chosen'}: ${onOneLine(printable(why))}`);
  return paper
    .wrapped(`${paper.name(model)} ${reason}`, 2)
    .map((line, row) => `  ${row === 0 ? sign : ' '} ${line}`);
}
