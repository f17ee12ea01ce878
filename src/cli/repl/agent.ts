import type { CodingAgent } from '../../agent.ts';
import type { ContextUse } from '../../conversation/context.ts';
import type { Listener } from '../../conversation/event.ts';
import type { ImagePart, ModelReference } from '../../conversation/message.ts';
import type { ChatDisplay } from '../../display/chat-display.ts';
import type { Ledger } from '../../history/ledger.ts';
import type { ProviderListing } from '../../providers/base.ts';
import type { AskHuman } from '../../safety/approval.ts';

/** What the REPL needs of a `CodingAgent`. */
export interface ReplAgent
  extends Pick<
    CodingAgent,
    | 'config'
    | 'local'
    | 'calibrate'
    | 'delegate'
    | 'judge'
    | 'localWorth'
    | 'pattern'
    | 'patterns'
    | 'patternNames'
    | 'consult'
    | 'refine'
    | 'discuss'
    | 'handoff'
    | 'route'
    | 'canResume'
    | 'resume'
    | 'say'
    | 'steer'
    | 'panels'
    | 'summary'
    | 'namePanel'
    | 'lastChanges'
    | 'undo'
    | 'keepChanges'
  > {
  readonly workspace: string;
  readonly model: ModelReference | undefined;
  readonly ledger: Ledger;
  display: ChatDisplay | undefined;
  askHuman: AskHuman | undefined;
  on(listener: Listener): () => void;
  /** The model to begin with, where none was chosen. */
  chooseModel(): Promise<ModelReference>;
  useModel(name: string, options?: { signal?: AbortSignal }): Promise<ModelReference>;
  listAllModels(signal?: AbortSignal): Promise<ProviderListing[]>;
  chat(text: string, options: { signal: AbortSignal; images: ImagePart[] }): Promise<unknown>;
  contextUse(): Promise<{ used?: ContextUse; windowTokens?: number }>;
  clear(): Promise<void>;
}
