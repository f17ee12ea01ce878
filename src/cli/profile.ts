import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { styleText } from 'node:util';
import { Failure } from '../conversation/failure.ts';
import type { LocalKnowledge } from '../local/knowledge.ts';
import { command } from './command-line.ts';
import { createAgent } from './create-agent.ts';
import { EXIT, stopOnSignals } from './exit.ts';
import type { CommonOptions } from './options.ts';
import { type Measured, profileLines } from './profile-lines.ts';

export const DEFAULT_PAGE = 'parley-profile.html';

export const profileCommand = command({
  options: {
    html: { type: 'boolean', about: `a page with pictures; a file may follow (${DEFAULT_PAGE})` },
    json: { type: 'boolean', about: 'the raw data' },
  },
  common: ['cwd', 'config'],
  takes: 1,
  run({ values: { html, json }, words: [file], common }) {
    if (file !== undefined && !html)
      throw new Failure('usage', `parley profile takes nothing after it but options; "${file}" is too much.`);
    return showProfile({ ...common, html, json, file });
  },
});

export interface ProfileOptions extends CommonOptions {
  /** Writes a page instead of lines. */
  html?: boolean;
  /** Where the page goes; {@link DEFAULT_PAGE} in the current folder when left out. */
  file?: string;
  json?: boolean;
}

/** `parley profile`: what was measured of the local models. Having measured nothing yet is no failure. */
export async function showProfile(options: ProfileOptions): Promise<number> {
  const agent = await createAgent(options);
  const { signal, exitCode } = stopOnSignals();
  const measured = await measuredOf(await agent.local(), signal);
  const stopped = exitCode();
  if (stopped !== undefined) return stopped;
  if (options.html) process.stdout.write(`${await writePage(measured, options.file ?? DEFAULT_PAGE)}\n`);
  else if (options.json) process.stdout.write(`${JSON.stringify(plainOf(measured), null, 2)}\n`);
  else {
    const setting = {
      width: process.stdout.columns,
      strong: (text: string) => styleText('bold', text),
      quiet: (text: string) => styleText('dim', text),
    };
    process.stdout.write(`${profileLines(measured, setting).join('\n')}\n`);
  }
  return EXIT.success;
}

/** Everything that is known now, with the servers asked what they offer. */
export async function measuredOf(
  { store, cards, remembered }: LocalKnowledge,
  signal?: AbortSignal,
): Promise<Measured> {
  const offered = await cards(signal);
  return {
    cards: [...offered, ...remembered(offered)],
    observations: store.observations(),
    delegations: store.delegations(),
    shares: store.shares(),
    trouble: store.trouble,
  };
}

/** @returns the sentence that says where it is. */
async function writePage(measured: Measured, file: string): Promise<string> {
  const [{ reportPage }, { profileReport }] = await Promise.all([
    import('../display/report/page.ts'),
    import('./profile-report.ts'),
  ]);
  const path = resolve(file);
  try {
    await writeFile(path, reportPage(profileReport(measured, Date.now())));
  } catch (error) {
    const { message } = error as Error;
    throw new Failure('usage', `The page cannot be written to ${path}: ${message}`, { cause: error });
  }
  return `The profile is in ${path} (${pathToFileURL(path)}).`;
}

/** The cards without what is only good for computing; the rest as it is kept. */
function plainOf({ cards, ...kept }: Measured): object {
  const models = cards.map(({ info, host, contextSize, rig, speeds, fits, outcomes, absent }) => ({
    ...info,
    host,
    contextSize,
    coldLoadSeconds: rig.coldLoad?.seconds,
    warmLoadSeconds: rig.warmLoad.seconds,
    ...speeds,
    fits,
    outcomes: Object.fromEntries(outcomes),
    offered: !absent,
  }));
  return { models, ...kept };
}
