/** Text like code, about so many tokens long, that begins and goes on differently for each seed. */
const WORDS = (
  'the value of each line is read before it is written and every file that changes must be saved again when ' +
  'function return const export import string number index result error message request response buffer stream ' +
  'update parser token window cache model index matrix vector signal handler config option default table column'
).split(' ');
const SIGNS = ['(', ')', ' {\n', '}\n', ';\n', ' = ', '.', ', ', ' => ', ': '];
/** Characters to a token, about, of what comes out. */
const CHARACTERS_PER_TOKEN = 3.6;

export function calibrationText(seed: number, tokens: number): string {
  let state = (seed * 2_654_435_761) >>> 0;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
  let text = `// sample ${seed}\n`;
  while (text.length < tokens * CHARACTERS_PER_TOKEN) {
    text += WORDS[next(WORDS.length)]!;
    text += next(3) === 0 ? SIGNS[next(SIGNS.length)]! : ' ';
  }
  return `${text}\nGo on with this text, line by line.\n`;
}
