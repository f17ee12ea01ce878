import type { Exchanged } from './exchange.ts';
import { Failure } from './failure.ts';

/** Why a reply that arrived is none: the model declined, or its provider withheld it. Undefined where it is one. */
export function refusalIn({ model, stop, stopDetail }: Exchanged): Failure | undefined {
  const detail = stopDetail ? `: ${stopDetail}` : '';
  const remedy = 'Put it differently, or ask another model.';
  switch (stop) {
    case 'refusal':
      return new Failure('refused', `${model} declined to answer${detail}. ${remedy}`);
    case 'blocked':
      return new Failure(
        'refused',
        `The provider's filter withheld the reply of ${model}${detail}. ${remedy}`,
      );
    default:
      return undefined;
  }
}
