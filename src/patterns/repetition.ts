import type { Emit, EventBody } from '../conversation/event.ts';

/** A loop is what is said so many times in a row, at the end of so many characters: a longer one less often. */
const LOOPS = [
  { characters: 1600, times: 5 },
  { characters: 2800, times: 4 },
  { characters: 4800, times: 4 },
];
/** A sentence that is said so often, numbered or with other figures each time; tables and code are made that way too. */
const COUNTED = { characters: 1600, times: 12, words: 5 };
const NOT_PROSE = /[^\p{L}\p{M}\s#.,;:!?'’*-]/u;
const TAIL = Math.max(...LOOPS.map(({ characters }) => characters));
/** Looked at each time when so much more has come. */
const STRIDE = 400;

/** Listens to one reply, and aborts its signal once the model says the same over and over, as small ones do. */
export class RepetitionGuard {
  readonly emit: Emit;
  readonly #stop = new AbortController();
  #tail = '';
  #sinceLook = 0;

  constructor(emit: Emit) {
    this.emit = (event) => {
      emit(event);
      this.#hear(event);
    };
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  #hear(event: EventBody): void {
    if (event.type !== 'exchange.delta') return;
    const { delta } = event;
    if (delta.type !== 'text' && delta.type !== 'thinking') return;
    this.#tail = (this.#tail + delta.text).slice(-TAIL);
    this.#sinceLook += delta.text.length;
    if (this.#sinceLook < STRIDE) return;
    this.#sinceLook = 0;
    if (LOOPS.some((loop) => loopIn(this.#tail, loop)) || countsOn(this.#tail)) this.#stop.abort();
  }
}

/** What is said over and over at the end of a text; undefined where nothing is. */
function loopIn(text: string, { characters, times }: { characters: number; times: number }) {
  if (text.length < characters) return undefined;
  const end = text.slice(-characters);
  const period = periodOf(end);
  return period <= characters / times ? end.slice(-period) : undefined;
}

function countsOn(text: string): boolean {
  const loop = loopIn(text.replace(/\d+/g, '#'), COUNTED);
  if (loop === undefined || NOT_PROSE.test(loop)) return false;
  return (loop.match(/\p{L}{2,}/gu)?.length ?? 0) >= COUNTED.words;
}

/** The shortest length after which a text says the same again: Knuth, Morris and Pratt's failure function (1977). */
export function periodOf(text: string): number {
  const borders = new Uint32Array(text.length);
  let border = 0;
  for (let place = 1; place < text.length; place++) {
    while (border > 0 && text.charCodeAt(place) !== text.charCodeAt(border)) border = borders[border - 1]!;
    if (text.charCodeAt(place) === text.charCodeAt(border)) border++;
    borders[place] = border;
  }
  return text.length - border;
}
