import { decodeText } from '../../tools/text-file.ts';
import type { CheckResult } from './order.ts';
import { type Target, withCode } from './write-through.ts';

/**
 * Whether the whole file is well formed with the code in its place. No result where the language is not known, or where
 * the file was not well formed before: unchecked is not passed.
 */
export async function checkSyntax(target: Target, code: string): Promise<CheckResult[]> {
  const { syntaxErrors } = await import('../../tools/code/syntax-tree.ts');
  const { name, file, span } = target;
  if (span && (await syntaxErrors(name, file.text))?.length) return [];
  const whole = decodeText(withCode(target, code))?.text ?? code;
  const errors = await syntaxErrors(name, whole);
  if (!errors) return [];
  const [first] = errors;
  if (!first) return [{ what: 'syntax', passed: true }];
  return [{ what: 'syntax', passed: false, detail: `line ${first.line}: ${first.message}` }];
}
