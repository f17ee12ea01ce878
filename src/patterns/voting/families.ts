/**
 * Which models err together. Those that share training agree more often than their skill explains, also when they
 * are wrong, so that nine judges carried about two effective votes (amiable-dev/llm-council#638): a count of votes
 * says who is kin, and does not correct for it.
 */
import type { ModelReference } from '../../conversation/message.ts';

/** Of several that fit, the one that is named first: `deepseek-r1-distill-qwen` learnt its mistakes from DeepSeek. */
const FAMILIES: readonly (readonly [family: string, name: RegExp])[] = [
  ['claude', /claude|opus|sonnet|haiku/],
  ['gemini', /gemini/],
  ['gemma', /gemma/],
  ['gpt', /gpt|(?<![a-z0-9])o[1-9](?![0-9])|davinci/],
  ['llama', /llama/],
  ['qwen', /qwen|qwq|qvq/],
  // Devstral, Codestral, Ministral, Magistral, Voxtral, Mixtral.
  ['mistral', /[a-z]*(?:stral|xtral)/],
  ['deepseek', /deepseek/],
  ['phi', /(?<![a-z])phi(?![a-z])/],
  ['grok', /grok/],
  ['command', /(?<![a-z])command/],
];

/** The family of a model; of one that is not known, its name up to the first figure. */
export function familyOf(reference: ModelReference): string {
  const name = nameOf(reference).toLowerCase();
  let [family, first] = ['', Number.POSITIVE_INFINITY];
  for (const [candidate, pattern] of FAMILIES) {
    const place = name.search(pattern);
    if (place >= 0 && place < first) [family, first] = [candidate, place];
  }
  return family || unknownFamily(name);
}

export interface Kinship {
  family: string;
  voters: ModelReference[];
}

/** Families with more than one voter, the largest first. A model that votes twice is its own kin. */
export function kinships(voters: readonly ModelReference[]): Kinship[] {
  return [...Map.groupBy(voters, familyOf)]
    .map(([family, voters]) => ({ family, voters }))
    .filter(({ voters }) => voters.length > 1)
    .sort((a, b) => b.voters.length - a.voters.length);
}

/** `ollama:hf.co/someone/Qwen3-GGUF:Q8_0` is `Qwen3-GGUF:Q8_0`: no provider, no path. */
function nameOf(reference: ModelReference): string {
  const colon = reference.indexOf(':');
  const slash = reference.indexOf('/');
  // A provider's name has no slash: where one comes first, the colon begins a tag.
  const isProvider = colon >= 0 && (slash < 0 || colon < slash);
  const path = isProvider ? reference.slice(colon + 1) : reference;
  return path.slice(path.lastIndexOf('/') + 1);
}

function unknownFamily(name: string): string {
  const untagged = name.split(':', 1)[0] ?? name;
  return untagged.replace(/[-_. ]*\d.*$/s, '') || untagged || name;
}
