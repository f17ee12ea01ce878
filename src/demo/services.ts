import { CodingAgent } from '../agent.ts';
import { realClock } from '../conversation/clock.ts';
import type { Environment } from '../environment.ts';
import { OllamaProvider } from '../providers/ollama.ts';
import { simulateAnthropic } from '../simulation/anthropic.ts';
import { simulateGemini } from '../simulation/gemini.ts';
import { MACHINES } from '../simulation/ollama/ground-truth.ts';
import { clockOf, UnwatchedClock } from '../simulation/ollama/machine-clock.ts';
import { simulateOllama } from '../simulation/ollama/server.ts';
import type { Script, SimulatedService } from '../simulation/script.ts';
import { demoScript } from './scenes.ts';

export interface DemoServices {
  /** What the environment of a session holds that talks to these services and to nothing else. */
  env: Record<string, string>;
  /** Measures the local model before anybody watches, as on a machine that is worked on. It takes none of our time. */
  rehearse(workspace: string, env: Environment): Promise<void>;
  /** Requests for a reply that arrived so far, at all services; of the rehearsal none. */
  requestsOnTheWire(): number;
  close(): Promise<void>;
}

const LOCAL_MODEL = 'qwen2.5-coder:7b';
const WINDOW = 16_384;
/** As long as it may become. */
const REHEARSED = { text: 'word '.repeat(400).trim() };

/** The services of the demo on loopback: the real SDKs speak their real protocols to them. */
export async function startDemoServices(): Promise<DemoServices> {
  const machineClock = new UnwatchedClock();
  let rehearsed = 0;
  let watched = false;
  const localScript: Script = (request, n) => (watched ? demoScript(request, n) : REHEARSED);
  const services: SimulatedService[] = await Promise.all([
    simulateAnthropic(demoScript),
    simulateGemini(demoScript),
    simulateOllama({
      models: [LOCAL_MODEL],
      script: localScript,
      // On a quiet day.
      machine: { ...MACHINES.workstation, outliers: 0 },
      // In memory from the start, as on a machine that is worked on.
      loaded: [LOCAL_MODEL],
      contextSize: WINDOW,
      clock: machineClock,
    }),
  ]);
  const [anthropic, gemini, ollama] = services.map(({ url }) => url) as [string, string, string];
  const requests = () => services.reduce((sum, one) => sum + one.requests.length, 0);
  return {
    env: {
      ANTHROPIC_API_KEY: 'simulated',
      ANTHROPIC_BASE_URL: anthropic,
      GEMINI_API_KEY: 'simulated',
      GEMINI_BASE_URL: gemini,
      OLLAMA_BASE_URL: ollama,
    },
    async rehearse(workspace, env) {
      const clock = clockOf(machineClock, realClock.wallTime);
      const agent = new CodingAgent({ workspace, env, clock, prices: false });
      agent.addProvider(new OllamaProvider({ name: 'ollama', baseUrl: ollama, contextSize: WINDOW }, clock));
      await agent.calibrate(`ollama:${LOCAL_MODEL}`, { seconds: 600 });
      rehearsed = requests();
      watched = true;
      machineClock.watch();
    },
    requestsOnTheWire: () => requests() - rehearsed,
    close: async () => {
      await Promise.all(services.map((service) => service.close()));
    },
  };
}
