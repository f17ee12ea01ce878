import * as fc from 'fast-check';

/** The same examples in every run: a test that fails by chance teaches nobody. `PARLEY_SEED=random` looks for others. */
const { PARLEY_SEED } = process.env;
// Looking for the smallest example of a failure may take longer than anybody waits.
const interruptAfterTimeLimit = 15_000;
if (PARLEY_SEED === 'random') fc.configureGlobal({ interruptAfterTimeLimit });
else fc.configureGlobal({ interruptAfterTimeLimit, seed: Number(PARLEY_SEED ?? 20_261) });

export { fc };
