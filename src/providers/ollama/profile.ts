import type { Profile } from '../../conversation/reply.ts';
import type { Company } from './under-way.ts';
import type { Figures, RunningModel } from './wire.ts';

/** What is known of an exchange beside the server's own figures. Times are milliseconds of our clock. */
export interface Circumstances {
  host: string;
  local: boolean;
  promptCharacters: number;
  contextSize?: number;
  /** The model in `/api/ps` before the call: null where it was not loaded, undefined where that is unknown. */
  before?: RunningModel | null;
  /** The same once it had begun to write. */
  after?: RunningModel;
  digest?: string;
  company: Company;
  sentAt: number;
  firstTokenAt?: number;
  lastTokenAt?: number;
  /** Lines of the reply that came. */
  linesHeard: number;
}

/**
 * @param figures the last line; undefined where it never came, and the profile is a lower bound.
 * @param now when the last line came, or the exchange was given up.
 */
export function profileOf(known: Circumstances, figures: Figures | undefined, now: number): Profile {
  const { before, after, sentAt, firstTokenAt, lastTokenAt, linesHeard } = known;
  const { parallelRequests, requestsAhead, aheadSeconds } = known.company;
  const running = after ?? before ?? undefined;
  // With another window it lies elsewhere: then only a look at it once it is loaded anew tells.
  const placed = after ?? (before && isLoadedWith(before, known.contextSize) ? before : undefined);
  const wallSeconds = Math.max(0, now - sentAt) / 1000;
  const total = seconds(figures?.total_duration);
  const load = seconds(figures?.load_duration);
  const read = seconds(figures?.prompt_eval_duration);
  const write = seconds(figures?.eval_duration);
  return {
    complete: figures !== undefined,
    host: known.host,
    digest: running?.digest ?? known.digest,
    local: known.local,
    contextSize: known.contextSize,
    gpuShare: gpuShareOf(placed),
    memoryBytes: placed?.size,
    loadedBefore: before === undefined ? undefined : before !== null,
    promptCharacters: known.promptCharacters,
    promptTokens: sound(figures?.prompt_eval_count),
    cachedTokens: sound(figures?.prompt_eval_cached_count),
    writtenTokens: sound(figures?.eval_count),
    loadSeconds: load,
    readSeconds: read,
    writeSeconds: write,
    totalSeconds: total,
    // What the server leaves out of a finished exchange is zero, but without a load there are no figures at all.
    overheadSeconds:
      total === undefined || load === undefined
        ? undefined
        : Math.max(0, total - load - (read ?? 0) - (write ?? 0)),
    wallSeconds,
    firstTokenSeconds: firstTokenAt === undefined ? undefined : (firstTokenAt - sentAt) / 1000,
    ...(!figures &&
      firstTokenAt !== undefined &&
      lastTokenAt !== undefined && {
        heardTokens: linesHeard,
        heardSeconds: (lastTokenAt - firstTokenAt) / 1000,
      }),
    parallelRequests,
    ...(requestsAhead > 0 && { requestsAhead, aheadSeconds: aheadSeconds ?? wallSeconds }),
  };
}

function seconds(nanoseconds: number | undefined): number | undefined {
  const known = sound(nanoseconds);
  return known === undefined ? undefined : known / 1e9;
}

/** A server whose clock was set back has said less than nothing. */
function sound(figure: number | undefined): number | undefined {
  return figure !== undefined && figure >= 0 ? figure : undefined;
}

/** Older servers do not say with which window. */
export function isLoadedWith({ context_length }: RunningModel, contextSize: number | undefined): boolean {
  return context_length === undefined || context_length === contextSize;
}

/** Share of a loaded model that is in GPU memory, 0 to 1. */
export function gpuShareOf(running: RunningModel | undefined): number | undefined {
  if (!running?.size || running.size_vram === undefined) return undefined;
  return Math.min(1, running.size_vram / running.size);
}
