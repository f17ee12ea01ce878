/**
 * Work that would have been in time before the machine became slower. To refuse it measures nothing, and would go on for
 * ever once the machine is as fast as before: so now and then one such piece of work is tried.
 */
import { likelySeconds } from '../../local/forecast.ts';
import type { Outlook } from '../../local/machine.ts';
import type { Observation } from '../../local/observation.ts';
import { asBefore } from '../../local/rig.ts';
import type { SplitPlan } from './split.ts';
import { type Done, foreseeOn, type Work } from './work.ts';

/** After so many refusals in a row, or so long after the last measurement. */
const REFUSALS = 3;
const OLD_MS = 10 * 60_000;

const TOLD =
  'It was a try, for it was forecast to take longer than its seconds, but the machine was faster once.';

/** @param plan of the pieces, where it does not fit whole. */
export function isWorthATry(work: Work, outlook: Outlook, plan: SplitPlan | undefined): boolean {
  const { machine, store } = work.room.local!;
  const { host } = outlook.prospect;
  const rig = asBefore(machine.rig({ ...outlook.prospect, model: work.model }));
  const measured = machine.observations(host).findLast(({ model }) => model === work.model);
  if (!rig || !measured) return false;
  const { reading, writing } = rig;
  const slowed = Math.max(reading!.slowed, writing!.slowed);
  const whole = foreseeOn(rig, work.question, outlook.load);
  const before = plan?.forecast ? plan.forecast.seconds / slowed : whole && likelySeconds(whole);
  if (before === undefined || before > work.budgetSeconds) return false;
  if (work.room.door.clock.wallTime() - measured.at > OLD_MS || wasFast(measured, slowed)) return true;
  const refused = store
    .delegations({ since: measured.at })
    .filter(
      ({ model, status, forecast, budgetSeconds = 0 }) =>
        model === work.model &&
        status === 'refused' &&
        forecast &&
        forecast.seconds / slowed <= budgetSeconds,
    );
  return refused.length >= REFUSALS;
}

/** The last exchange, a try itself, went rather as before than as lately: the next one makes it sure. */
function wasFast({ complete, forecast, wallSeconds }: Observation, slowed: number): boolean {
  return complete && forecast !== undefined && forecast.seconds / wallSeconds > Math.sqrt(slowed);
}

export function saidToBeATry(done: Done): Done {
  return { ...done, advice: `${TOLD} ${done.advice}` };
}
