import type { RoutingRule } from './routing/rules.ts';

/** What a pattern may use up. What is left out is not limited. */
export interface Limits {
  rounds?: number;
  dollars?: number;
  seconds?: number;
  tokens?: number;
}

/** Sets of models that the human named once. */
export type Panels = Readonly<Record<string, readonly string[]>>;

/** How the human wants models to work together. */
export interface PatternSettings {
  readonly panels: Panels;
  /** Of every pattern that is not given its own. */
  readonly limits: Readonly<Limits>;
  /** Whether the human is asked between the rounds of a pattern: go on, end it, say something. */
  readonly askBetweenRounds: boolean;
  readonly routing: RoutingSettings;
}

export interface RoutingSettings {
  /** The first that fits decides. */
  readonly rules?: readonly RoutingRule[];
  /** Asked where no rule fits. */
  readonly chooser?: string;
}
