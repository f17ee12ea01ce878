import { bugHunt } from './shipped/bug-hunt.ts';
import { planBuildReview } from './shipped/plan-build-review.ts';
import { secondOpinion } from './shipped/second-opinion.ts';

/** The YAML of the patterns that come with Parley, by name. As text in modules, so that the bundle holds them. */
export const SHIPPED: Readonly<Record<string, string>> = {
  'bug-hunt': bugHunt,
  'plan-build-review': planBuildReview,
  'second-opinion': secondOpinion,
};
