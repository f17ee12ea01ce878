import type { EventOf } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import { duration } from './figures.ts';
import type { Paper } from './paper.ts';
import { printable, visible } from './printable.ts';

/** `asks qwen, claude: …`. */
export function asksLines(models: readonly ModelReference[], what: string, paper: Paper): string[] {
  const { quiet } = paper.theme;
  const names = models.map((model) => paper.name(model)).join(quiet(', '));
  return paper.paragraph(`${quiet('asks')} ${names}${quiet(':')} ${printable(what)}`);
}

/** The files that it is given, the forecast and the budget. */
export function termsLines(event: EventOf<'delegation.started'>, paper: Paper): string[] {
  const { files, budgetSeconds, forecast } = event;
  const terms = [...files];
  if (budgetSeconds !== undefined) {
    const expected = forecast
      ? `forecast ${duration(forecast.seconds)}, up to ${duration(forecast.boundSeconds)}`
      : 'no forecast yet';
    terms.push(`${expected}, budget ${duration(budgetSeconds)}`);
  }
  if (terms.length === 0) return [];
  return paper.paragraph(visible(terms.join(' · ')), 2).map(paper.theme.quiet);
}

/** Whether the work passed what it was checked by. */
export function checkLines({ checks }: EventOf<'delegation.ended'>, paper: Paper): string[] {
  const { success, failure } = paper.theme;
  return checks.flatMap(({ what, passed, detail }) => {
    const reason = detail ? `: ${detail.split('\n', 1)[0]}` : '';
    const sentence = passed ? `${what}: passed` : `${what}: failed${reason}`;
    return paper.marked(passed ? '✓' : '✗', printable(sentence), passed ? success : failure);
  });
}

/** Why nothing came of it, for a human who asked themselves: a model is told by its tool's result. */
export function troubleLines({ status, text, failure }: EventOf<'delegation.ended'>, paper: Paper): string[] {
  if (status === 'refused') return paper.marked('○', printable(text), paper.theme.warning);
  // To stop it is the human's own doing, and no reason.
  return failure && failure.kind !== 'stopped'
    ? paper.marked('✗', printable(failure.message), paper.theme.failure)
    : [];
}
