/**
 * Texts about so many tokens long, that begin and go on differently for each seed. Of several sorts, since a model counts
 * words, numbers and other alphabets each in its own way.
 */
export type TextSort = 'code' | 'numbers' | 'languages';

const WORDS = (
  'the value of each line is read before it is written and every file that changes must be saved again when ' +
  'function return const export import string number index result error message request response buffer stream ' +
  'update parser token window cache model index matrix vector signal handler config option default table column'
).split(' ');
const SIGNS = ['(', ')', ' {\n', '}\n', ';\n', ' = ', '.', ', ', ' => ', ': '];
const OTHER_WORDS = (
  'машина читает быстро пишет медленно каждая строка занимает время der Satz wird jetzt vollständig gelesen ' +
  'φορά γραμμή αρχείο γρήγορα 文件每次都要读 函数名写在最后 長いファイルを読む 行番号と時間'
).split(' ');
/** Characters to a token, about, of what comes out. */
const CHARACTERS_PER_TOKEN: Record<TextSort, number> = { code: 3.6, numbers: 1.8, languages: 2.6 };

export function calibrationText(seed: number, tokens: number, sort: TextSort = 'code'): string {
  let state = (seed * 2_654_435_761) >>> 0;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
  const pick = (some: readonly string[]) => some[next(some.length)]!;
  const pieces: Record<TextSort, () => string> = {
    code: () => pick(WORDS) + (next(3) === 0 ? pick(SIGNS) : ' '),
    numbers: () => `${next(10 ** (1 + next(7)))}${pick([',', '\n', ' ', ': ', '.'])}`,
    languages: () => pick(OTHER_WORDS) + pick([' ', ' ', '. ', '\n']),
  };
  let text = `// sample ${seed}\n`;
  while (text.length < tokens * CHARACTERS_PER_TOKEN[sort]) text += pieces[sort]();
  return `${text}\nGo on with this text, line by line.\n`;
}
