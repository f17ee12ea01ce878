/** What became of delegated work, by model and kind: what a model is good for, as far as it has shown. */
import type { FailureKind } from '../conversation/failure.ts';
import type { ModelInfo } from '../providers/base.ts';
import type { DelegationRecord, WorkKind } from './observation.ts';

export interface OutcomeCount {
  accepted: number;
  fixed: number;
  rejected: number;
}

/** Judged delegations only. */
export function countOutcomes(
  records: readonly DelegationRecord[],
): Map<string, Map<WorkKind, OutcomeCount>> {
  const counts = new Map<string, Map<WorkKind, OutcomeCount>>();
  for (const { model, kind, outcome } of records) {
    if (!outcome) continue;
    const kinds = counts.get(model) ?? new Map<WorkKind, OutcomeCount>();
    counts.set(model, kinds);
    const count = kinds.get(kind) ?? { accepted: 0, fixed: 0, rejected: 0 };
    kinds.set(kind, count);
    count[outcome]++;
  }
  return counts;
}

/** A fixed answer was of some use. */
const WORTH = { accepted: 1, fixed: 0.5, rejected: 0 };
/** Faults of the worker's own: it was too slow, or said the same over and over. */
const OWN_FAULTS: readonly FailureKind[] = ['stalled', 'cut-off'];
const PRIOR_WEIGHT = 3;

/**
 * The share of a kind of work that a model is expected to get right: a Beta posterior's mean, whose prior goes with
 * the model's size (7 billion weights got 50 to 75 % of code and extraction right, 14 billion 75 to 83 %:
 * claude-code#88916).
 */
export function expectedShare(
  model: ModelInfo,
  kind: WorkKind,
  records: readonly DelegationRecord[],
): number {
  let right = priorShare(model) * PRIOR_WEIGHT;
  let all = PRIOR_WEIGHT;
  for (const record of records) {
    if (record.model !== model.reference) continue;
    const worth = worthOf(record);
    if (worth === undefined) continue;
    // Work of another kind says something too, though less.
    const weight = record.kind === kind ? 1 : 0.2;
    right += weight * worth;
    all += weight;
  }
  return right / all;
}

/** Where nobody judged, what checks by machine said counts, and what did not come to its end. */
function worthOf({ outcome, checked, failure }: DelegationRecord): number | undefined {
  if (outcome) return WORTH[outcome];
  if (failure && OWN_FAULTS.includes(failure)) return 0;
  return checked === undefined ? undefined : checked ? 1 : 0;
}

function priorShare({ parameterSize }: ModelInfo): number {
  const billions = billionsOf(parameterSize);
  if (billions === undefined) return 0.5;
  return Math.min(0.9, Math.max(0.2, 0.6 + 0.12 * Math.log2(billions / 7)));
}

/** `7.6B` and `494.03M` in billions. */
export function billionsOf(parameterSize: string | undefined): number | undefined {
  const parts = /^([\d.]+)\s*([BMK])/i.exec(parameterSize ?? '');
  if (!parts) return undefined;
  const units: Record<string, number> = { B: 1, M: 1e-3, K: 1e-6 };
  return Number(parts[1]) * units[parts[2]!.toUpperCase()]!;
}
