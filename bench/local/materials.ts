/** What local workers are given to read: code and prose of this project, and data and languages as they come along. */
import { readFile } from 'node:fs/promises';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';

export interface Material {
  /** Share of the work that is about such texts. */
  share: number;
  text: string;
}

const CODE = [
  'src/agent.ts',
  'src/conversation/exchange.ts',
  'src/providers/ollama.ts',
  'src/cli/repl/session.ts',
  'src/display/console.ts',
  'src/simulation/ollama/generation.ts',
  'tests/local/store.test.ts',
];
const PROSE = ['docs/providers.md', 'docs/patterns.md', 'docs/tools.md', 'docs/configuration.md'];
const LONG = 220_000;

const RUSSIAN =
  'машина читает быстро а пишет медленно и это видно по таблице потому что каждая строка занимает время если файл длинный модель пропускает функции которые стоят после середины поэтому лучше давать не больше восьмидесяти строк за раз';
const GERMAN =
  'die Geschwindigkeit wird bei der Zusammenführung der Verzeichnisse nicht berücksichtigt weshalb es zu Verzögerungen kommt man sollte deshalb vorher prüfen ob genügend Zeit bleibt und welche Zeilen wirklich gelesen werden müssen';
const JAPANESE =
  '長いファイルの関数名を尋ねるとモデルは中央より後ろのものを省いてしまうので一度に八十行以内にしてください';

export async function materials(): Promise<Material[]> {
  const random = seededRandom(9);
  const pick = <T>(some: readonly T[]) => some[Math.floor(random() * some.length)]!;
  const long = (next: () => string) => {
    let text = '';
    while (text.length < LONG) text += next();
    return text;
  };
  const sentence = (words: readonly string[], between: string) =>
    `${Array.from({ length: 8 + Math.floor(random() * 14) }, () => pick(words)).join(between)}.${random() < 0.3 ? '\n\n' : '\n'}`;
  const bytes = (count: number) =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)));
  const numbers = () =>
    `${Math.floor(random() * 9999)},${random().toFixed(4)},${pick(['open', 'closed'])},${Math.floor(random() * 1e7)}\n`;
  const record = () =>
    `    { "id": ${Math.floor(random() * 1e6)}, "name": "${pick(['cable', 'lamp', 'desk'])}", "price": ${(random() * 99).toFixed(2)} },\n`;
  const logLine = () =>
    `2026-11-25T21:08:${10 + Math.floor(random() * 49)}.${Math.floor(random() * 999)}Z INFO [worker-${Math.floor(random() * 16)}] request_id=${bytes(8).toString('hex')} took ${Math.floor(random() * 900)}ms\n`;
  return [
    { share: 0.4, text: await joined(CODE) },
    { share: 0.2, text: await joined(PROSE) },
    { share: 0.08, text: long(numbers) },
    { share: 0.07, text: long(record) },
    { share: 0.08, text: long(logLine) },
    { share: 0.03, text: long(() => `${bytes(57).toString('base64')}\n`) },
    { share: 0.05, text: long(() => sentence(RUSSIAN.split(' '), ' ')) },
    { share: 0.05, text: long(() => sentence(GERMAN.split(' '), ' ')) },
    { share: 0.04, text: long(() => sentence([...JAPANESE], '')) },
  ];
}

/** Repeated until it is long, so that any length can be had. */
async function joined(paths: readonly string[]): Promise<string> {
  const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
  const once = (await Promise.all(paths.map(read))).join('\n');
  return once.repeat(Math.ceil(LONG / once.length));
}

/** @param draw 0 to 1. */
export function chosen(all: readonly Material[], draw: number): string {
  let left = draw;
  for (const { share, text } of all) {
    left -= share;
    if (left < 0) return text;
  }
  return all[0]!.text;
}
