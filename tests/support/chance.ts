import * as fc from 'fast-check';

/** The same examples in every run: a test that fails by chance teaches nobody. `PARLEY_SEED=random` looks for others. */
const { PARLEY_SEED } = process.env;
if (PARLEY_SEED !== 'random') fc.configureGlobal({ seed: Number(PARLEY_SEED ?? 20_261) });

export { fc };
