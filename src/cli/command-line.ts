/** What a command of the command line is, and how its arguments are read. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { Failure } from '../conversation/failure.ts';
import { nearestNames } from '../conversation/nearest.ts';
import { COMMON, type CommonOptions, type OptionSpecs, readCommon, type Values } from './options.ts';

/** What stands on the command line behind the command. */
export interface Given<O extends OptionSpecs> {
  words: string[];
  values: Values<O>;
  common: CommonOptions;
}

export interface CliCommand<O extends OptionSpecs = OptionSpecs> {
  options: O;
  /** The options of every command that have a meaning for this one; all where left out. */
  common?: readonly (keyof typeof COMMON)[];
  /** Words that may follow it; none where left out. */
  takes?: number;
  /** Lines for its help, as a human would write them. */
  examples?: readonly string[];
  /** @returns the exit code. @throws {Failure} whose message is for the human. */
  run(given: Given<O>): Promise<number>;
}

/** Keeps the types of the options, so that `run` knows what was written for each. */
export function command<const O extends OptionSpecs>(spec: CliCommand<O>): CliCommand {
  return spec as unknown as CliCommand;
}

/**
 * The first word that is no option and no option's value, as a command's name is; options that only a command knows
 * stand behind it. Undefined where there is none, or `unless` is among the options.
 */
export function firstWord(args: string[], own: OptionSpecs, unless: string): string | undefined {
  const options = { ...COMMON, ...own };
  const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true });
  if (tokens.some((token) => token.kind === 'option' && token.name === unless)) return undefined;
  return tokens.find((token) => token.kind === 'positional')?.value;
}

/** All that a command takes: its own options, and of those of every command the ones that have a meaning for it. */
export function optionsOf({ options, common }: Pick<CliCommand, 'options' | 'common'>): OptionSpecs {
  const known = Object.entries(COMMON).filter(
    ([name]) => name === 'help' || name === 'version' || !common || common.some((one) => one === name),
  );
  const everywhere = known.filter(([name]) => !(name in options));
  return { ...options, ...Object.fromEntries(everywhere) };
}

/** @param program whose help says more. @throws {Failure} `usage` with the nearest right name. */
export function readArguments<O extends OptionSpecs>(
  args: string[],
  options: O,
  program = 'parley',
): Given<O> {
  try {
    const { values, positionals, tokens } = parseArgs({
      args,
      options: options as NonNullable<ParseArgsConfig['options']>,
      allowPositionals: true,
      tokens: true,
    });
    const models = tokens.filter((token) => token.kind === 'option' && token.name === 'model');
    if (models.length > 1 && !options.model?.multiple) throw oneModelOnly(program);
    return {
      words: positionals,
      values: values as Values<O>,
      common: readCommon(values as Values<typeof COMMON>),
    };
  } catch (error) {
    throw error instanceof Failure
      ? error
      : misread(error as Error & { code?: string }, args, options, program);
  }
}

/** The last one would be taken, and nobody would say so. */
function oneModelOnly(program: string): Failure {
  const who = program === 'parley' ? 'parley -p' : program;
  return new Failure(
    'usage',
    `${who} takes one model: give -m once. To ask several: parley consult -m sonnet -m gemini "…".`,
  );
}

function misread(
  error: Error & { code?: string },
  args: string[],
  options: OptionSpecs,
  program: string,
): Failure {
  const { code, message } = error;
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return new Failure('usage', `${message.split('\n', 1)[0]}. See ${program} --help.`);
  const written = args.find((arg) => message.includes(`'${arg.split('=', 1)[0]}'`)) ?? '';
  const near = nearestNames(written.replace(/^-+/, ''), Object.keys(options)).map((name) => `--${name}`);
  const offer = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `See ${program} --help.`;
  return new Failure('usage', `There is no option ${written}. ${offer}`);
}
