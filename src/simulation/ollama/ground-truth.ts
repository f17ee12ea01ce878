/**
 * What the simulated machine really takes for loading, reading and writing: the truth that a forecast has to
 * find out. Derived from the hardware, as for a real one: reading is bound by computing, writing by the memory
 * that is moved for each token, and both grow with what is already in the KV cache. Noise, drift and a sudden
 * change lie over it. The forecast must not look in here.
 */
import { cacheBytesPerToken, type SimulatedModel } from './models.ts';

export interface Processor {
  /** Weights times tokens a second, when reading. */
  readPerSecond: number;
  /** Bytes a second that writing can move. */
  memoryPerSecond: number;
}

export interface Machine {
  /** 0 for a machine without a GPU. */
  vramBytes: number;
  /** For what does not fit on the GPU. */
  ramBytes: number;
  gpu?: Processor;
  cpu: Processor;
  /** A model's file is read so fast the first time, and so fast when the system still has it in memory. */
  diskPerSecond: number;
  cachedDiskPerSecond: number;
  /** Standard deviation of each duration, as a share of it. */
  noise: number;
  /** This share of durations takes much longer. */
  outliers: number;
  /** Durations swing by this share and back over so many calls: warm afternoons, other programs. */
  drift: { share: number; calls: number };
  /** Attention to more tokens than so many costs so many times as much: the cache has left the fast memory. */
  kink: { depth: number; factor: number };
  /** From that call on, everything takes so many times as long. */
  change?: { afterCalls: number; factor: number };
}

const QUIET = {
  noise: 0.05,
  outliers: 0.02,
  drift: { share: 0, calls: 100 },
  kink: { depth: 6000, factor: 1.6 },
};
const CPU = { readPerSecond: 4.5e11, memoryPerSecond: 45e9 };

export const MACHINES = {
  /** Without a GPU. */
  laptop: {
    ...QUIET,
    vramBytes: 0,
    ramBytes: 24e9,
    cpu: CPU,
    diskPerSecond: 1.2e9,
    cachedDiskPerSecond: 5e9,
  },
  /** A GPU of 12 GB. */
  desktop: {
    ...QUIET,
    vramBytes: 11e9,
    ramBytes: 24e9,
    gpu: { readPerSecond: 1.5e13, memoryPerSecond: 300e9 },
    cpu: CPU,
    diskPerSecond: 2e9,
    cachedDiskPerSecond: 6e9,
  },
  /** A GPU of 48 GB. */
  workstation: {
    ...QUIET,
    vramBytes: 46e9,
    ramBytes: 96e9,
    gpu: { readPerSecond: 6e13, memoryPerSecond: 850e9 },
    cpu: { readPerSecond: 1.2e12, memoryPerSecond: 150e9 },
    diskPerSecond: 4e9,
    cachedDiskPerSecond: 10e9,
  },
} satisfies Record<string, Machine>;

/** Where a loaded model lies. */
export interface Placement {
  bytes: number;
  vramBytes: number;
  /** Tokens read at once. */
  batch: number;
}

/** Work is rounded up to so many tokens, on a GPU as on a CPU. */
const TILE = 32;
/** Writing looks back over whole blocks of the cache. */
const BLOCK = 256;
const READ_FIXED_SECONDS = 0.018;
const BATCH_FIXED_SECONDS = 0.004;
const TOKEN_FIXED_SECONDS = 0.0012;
const START_SECONDS = 0.7;
const WARM_SECONDS = 0.06;
/** What a second request at the same time costs the others. */
const CROWDING = 0.6;
const BUFFER_BYTES = 0.35e9;

export class GroundTruth {
  readonly machine: Machine;
  readonly #random: () => number;
  #calls = 0;

  constructor(machine: Machine, seed: number) {
    this.machine = machine;
    this.#random = seededRandom(seed);
  }

  /** 0 to 1; the machine's only source of chance. */
  random(): number {
    return this.#random();
  }

  /** A call begins: drift and sudden change are counted in calls, so that they do not depend on our clock. */
  nextCall(): void {
    this.#calls++;
  }

  place(
    model: SimulatedModel,
    contextSize: number,
    slots: number,
    gpuOff: boolean,
    freeVram: number,
  ): Placement {
    const bytes = model.bytes + BUFFER_BYTES + cacheBytesPerToken(model) * contextSize * slots;
    return {
      bytes,
      vramBytes: this.machine.gpu && !gpuOff ? Math.max(0, Math.min(bytes, freeVram)) : 0,
      batch: contextSize > 32_768 ? 2048 : contextSize > 4096 ? 1024 : 512,
    };
  }

  loadSeconds(model: SimulatedModel, { bytes }: Placement, fileInMemory: boolean): number {
    const { diskPerSecond, cachedDiskPerSecond } = this.machine;
    const file = model.bytes / (fileInMemory ? cachedDiskPerSecond : diskPerSecond);
    return START_SECONDS + file + ((bytes - model.bytes) / 20e9) * 1.5;
  }

  /** What passes before a model that is loaded is known to be so. */
  get warmSeconds(): number {
    return WARM_SECONDS;
  }

  /** Reads `tokens` behind `depth` tokens of the cache; `others` requests are at work beside it. */
  readSeconds(model: SimulatedModel, place: Placement, depth: number, tokens: number, others = 0): number {
    let seconds = READ_FIXED_SECONDS;
    for (let done = 0; done < tokens; done += place.batch) {
      const batch = Math.min(place.batch, tokens - done);
      const tiles = Math.ceil(batch / TILE) * TILE;
      const weights = (model.activeParameters ?? model.parameters) * tiles;
      const attention = 2 * model.layers * model.embedding * batch * this.#felt(depth + done + batch / 2);
      const moved = this.#weightBytes(model);
      // However few tokens it reads, a batch moves all weights through memory once.
      seconds +=
        BATCH_FIXED_SECONDS +
        this.#shared(place, (at) =>
          Math.max((weights + attention) / at.readPerSecond, moved / at.memoryPerSecond),
        );
    }
    return seconds * (1 + CROWDING * others);
  }

  /** Writes one token behind `depth` tokens. */
  tokenSeconds(model: SimulatedModel, place: Placement, depth: number, others = 0): number {
    const blocks = Math.ceil(depth / BLOCK) * BLOCK;
    const moved = this.#weightBytes(model) + cacheBytesPerToken(model) * this.#felt(blocks) * 1.6;
    const seconds = TOKEN_FIXED_SECONDS + this.#shared(place, (at) => moved / (at.memoryPerSecond * 0.8));
    return seconds * (1 + CROWDING * others);
  }

  /** What lies over every duration of this call. Close to 1, sometimes far above. */
  disturbance(): number {
    const { noise, outliers, drift, change } = this.machine;
    const gauss = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    const outlier = this.#random() < outliers ? 1.4 + 1.6 * this.#random() : 1;
    const swing = 1 + drift.share * Math.sin((2 * Math.PI * this.#calls) / drift.calls);
    const changed = change && this.#calls > change.afterCalls ? change.factor : 1;
    return Math.exp(noise * gauss) * outlier * swing * changed;
  }

  #weightBytes({ bytes, activeParameters, parameters }: SimulatedModel): number {
    return bytes * ((activeParameters ?? parameters) / parameters);
  }

  /** A depth as what it costs. */
  #felt(depth: number): number {
    const { kink } = this.machine;
    return depth + Math.max(0, depth - kink.depth) * (kink.factor - 1);
  }

  /** Layers on the GPU and layers on the CPU work one after the other. */
  #shared({ bytes, vramBytes }: Placement, seconds: (at: Processor) => number): number {
    const { gpu, cpu } = this.machine;
    if (!gpu) return seconds(cpu);
    const share = vramBytes / bytes;
    return share * seconds(gpu) + (1 - share) * seconds(cpu);
  }
}

/** A machine and how it behaves, drawn by chance but always the same for a seed. */
export function randomMachine(seed: number): Machine {
  const random = seededRandom(seed);
  const between = (low: number, high: number) => low * (high / low) ** random();
  const hasGpu = random() < 0.75;
  return {
    vramBytes: hasGpu ? between(6e9, 48e9) : 0,
    ramBytes: between(16e9, 64e9),
    gpu: hasGpu ? { readPerSecond: between(5e12, 6e13), memoryPerSecond: between(150e9, 900e9) } : undefined,
    cpu: { readPerSecond: between(2e11, 1.2e12), memoryPerSecond: between(25e9, 120e9) },
    diskPerSecond: between(0.4e9, 5e9),
    cachedDiskPerSecond: between(4e9, 10e9),
    noise: 0.05,
    outliers: 0.02,
    drift: { share: between(0.02, 0.1), calls: Math.round(between(60, 200)) },
    kink: { depth: Math.round(between(1500, 12_000)), factor: between(1.2, 3) },
  };
}

/** The same numbers for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
