import type { Emit, EventBody } from '../conversation/event.ts';

/** Looked at: so many characters at the end, each time so many more have come. */
const TAIL = 1600;
const STRIDE = 400;
/** A piece that is said this often in a row, and is no longer than this, is a loop. */
const TIMES = 5;
const LONGEST_PERIOD = TAIL / TIMES;

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
    if (this.#sinceLook < STRIDE || this.#tail.length < TAIL) return;
    this.#sinceLook = 0;
    if (periodOf(this.#tail) <= LONGEST_PERIOD) this.#stop.abort();
  }
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
