/** What a piece of work asks of a model: outcomes, and how long answers become, are counted by it. */
export const WORK_KINDS = [
  'question',
  'extract',
  'summarize',
  'transform',
  'code',
  'tests',
  'docs',
  'review',
  /** A turn of a conversation. */
  'chat',
  /** Parley's own measuring. */
  'calibration',
] as const;

export type WorkKind = (typeof WORK_KINDS)[number];
