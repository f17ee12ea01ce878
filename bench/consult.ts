/**
 * Does a consultation take longer than its slowest model? Four models of three services with delays of their own, asked
 * at once; what is stated is the time above the slowest delay, and above the slowest of them asked alone.
 *
 *   node bench/consult.ts
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodingAgent } from '../src/agent.ts';
import { quantile } from '../src/local/speed.ts';
import { simulateAnthropic } from '../src/simulation/anthropic.ts';
import { simulateGemini } from '../src/simulation/gemini.ts';
import { simulateOllama } from '../src/simulation/ollama/server.ts';
import { simulateOpenAI } from '../src/simulation/openai.ts';

const AIM_SECONDS = 0.05;
const ROUNDS = 15;
const DELAYS_MS = [200, 300, 400, 500] as const;
const answers = (firstDelayMs: number) => () => ({ text: 'Because it is simpler.', firstDelayMs });

const [anthropic, gemini, ollama, openai] = await Promise.all([
  simulateAnthropic(answers(DELAYS_MS[0])),
  simulateGemini(answers(DELAYS_MS[1])),
  simulateOllama({
    models: ['qwen2.5-coder:7b'],
    speed: Number.POSITIVE_INFINITY,
    script: answers(DELAYS_MS[2]),
  }),
  simulateOpenAI(answers(DELAYS_MS[3])),
]);
const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
const settings = join(folder, '.config', 'parley');
await mkdir(settings, { recursive: true });
await writeFile(
  join(settings, 'config.yaml'),
  `providers: { router: { type: openai, base_url: "${openai.url}/v1", api_key_env: ROUTER_KEY } }`,
);
const agent = new CodingAgent({
  workspace: folder,
  env: {
    HOME: folder,
    PATH: process.env.PATH,
    ANTHROPIC_API_KEY: 'bench',
    ANTHROPIC_BASE_URL: anthropic.url,
    GEMINI_API_KEY: 'bench',
    GEMINI_BASE_URL: gemini.url,
    OLLAMA_BASE_URL: ollama.url,
    ROUTER_KEY: 'bench',
  },
});
const models = [
  'anthropic:claude-sonnet-5-5',
  'gemini:gemini-3.5-flash',
  'ollama:qwen2.5-coder:7b',
  'router:gpt-5',
];
const slowest = Math.max(...DELAYS_MS) / 1000;

const above: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  const { seconds, answers: given } = await agent.consult({
    question: 'Why?',
    models,
    synthesis: false,
  });
  const failed = given.find(({ failure }) => failure);
  if (failed) throw new Error(`${failed.model}: ${failed.failure!.message}`);
  // The first round loads the clients.
  if (round > 0) above.push(seconds - slowest);
}
await Promise.all([anthropic, gemini, ollama, openai].map((service) => service.close()));
const [middle, ninth] = [quantile(above, 0.5), quantile(above, 0.9)];
const ms = (value: number) => `${Math.round(value * 1000)} ms`;
console.log(`${models.length} models, the slowest after ${slowest} s, ${ROUNDS} rounds:`);
console.log(
  `  above the slowest: median ${ms(middle)}, 90th percentile ${ms(ninth)} (aim ${ms(AIM_SECONDS)})`,
);
process.exitCode = middle <= AIM_SECONDS ? 0 : 1;
process.exit();
