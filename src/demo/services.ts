import { simulateAnthropic } from '../simulation/anthropic.ts';
import { simulateGemini } from '../simulation/gemini.ts';
import { simulateOllama } from '../simulation/ollama/server.ts';
import type { SimulatedService } from '../simulation/script.ts';
import { demoScript } from './scenes.ts';

export interface DemoServices {
  /** What the environment of a session holds that talks to these services and to nothing else. */
  env: Record<string, string>;
  /** Requests for a reply that arrived so far, at all services. */
  requestsOnTheWire(): number;
  close(): Promise<void>;
}

const LOCAL_MODEL = 'qwen2.5-coder:7b';

/** The services of the demo on loopback: the real SDKs speak their real protocols to them. */
export async function startDemoServices(): Promise<DemoServices> {
  const services: SimulatedService[] = await Promise.all([
    simulateAnthropic(demoScript),
    simulateGemini(demoScript),
    simulateOllama({
      models: [LOCAL_MODEL],
      script: demoScript,
      machine: 'workstation',
      // In memory from the start, as on a machine that is worked on.
      loaded: [LOCAL_MODEL],
      contextSize: 16_384,
    }),
  ]);
  const [anthropic, gemini, ollama] = services.map(({ url }) => url) as [string, string, string];
  return {
    env: {
      ANTHROPIC_API_KEY: 'simulated',
      ANTHROPIC_BASE_URL: anthropic,
      GEMINI_API_KEY: 'simulated',
      GEMINI_BASE_URL: gemini,
      OLLAMA_BASE_URL: ollama,
    },
    requestsOnTheWire: () => services.reduce((sum, { requests }) => sum + requests.length, 0),
    close: async () => {
      await Promise.all(services.map((service) => service.close()));
    },
  };
}
