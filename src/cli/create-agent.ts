import type { CodingAgentOptions } from '../agent/options.ts';
import { CodingAgent } from '../agent.ts';
import { complain } from './exit.ts';
import type { CommonOptions } from './options.ts';

/** An agent as the command line asks for it; warnings about its configuration go to standard error. */
export async function createAgent(
  options: CommonOptions,
  more: Pick<CodingAgentOptions, 'display' | 'prices'> = {},
): Promise<CodingAgent> {
  const agent = new CodingAgent({
    ...more,
    workspace: options.cwd,
    approve: options.approve,
    stepLimit: options.maxSteps,
  });
  const { warnings } = await agent.loadConfig(options.config);
  warnings.forEach(complain);
  return agent;
}
