import type { ApprovalRequest, EventOf } from '../conversation/event.ts';
import { changeCount, changeTitle, diffLines } from './diff-lines.ts';
import { INDENT, type Paper } from './paper.ts';
import { linesOf, onOneLine, printable, revealed, withoutGaps } from './printable.ts';

/** What the human is asked to allow, in full: nothing of a command or a diff is folded or hidden. */
export function requestLines(request: ApprovalRequest, paper: Paper): string[] {
  const { theme } = paper;
  const diffs = request.diffs ?? [];
  const title = onOneLine(revealed(request.title));
  const size = diffs[0] && diffs.length === 1 ? theme.quiet(` · ${changeCount(diffs[0])}`) : '';
  const head = `${theme.warning('?')} ${theme.strong(title)}${size}`;
  const detail = revealed(request.detail ?? '').trim();
  const lines: string[] = [];
  if (detail === '' || detail === title) lines.push(INDENT + head);
  else {
    // What is cut of the title stands below.
    lines.push(paper.line(head), ...withoutGaps(linesOf(detail)).map((line) => INDENT + INDENT + line));
  }
  for (const diff of diffs) {
    if (diffs.length > 1) lines.push(INDENT + INDENT + theme.quiet(changeTitle(diff)));
    lines.push(...diffLines(diff, theme).map((line) => INDENT + INDENT + line));
  }
  return lines;
}

/** @param title of what was asked, where it does not stand above. */
export function answerLine(
  { approval, by }: EventOf<'approval.answered'>,
  { theme }: Paper,
  title?: string,
): string {
  const reason =
    approval.answer === 'no' && approval.reason ? `: ${onOneLine(printable(approval.reason))}` : '';
  const answers = { yes: 'yes', 'yes-session': 'yes, for this session', no: `no${reason}` };
  const who = by === 'human' ? 'you said' : 'by rule:';
  const what = title === undefined ? '' : ` · ${onOneLine(printable(title))}`;
  const said = reason === ': stopped' ? 'stopped' : `${who} ${answers[approval.answer]}`;
  return INDENT + INDENT + theme.quiet(said + what);
}
