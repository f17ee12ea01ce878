import { type Component, truncateToWidth, visibleWidth } from '@earendil-works/pi-tui';
import type { ContextUse } from '../../conversation/context.ts';
import { money, roundCount } from '../../display/figures.ts';
import type { Theme } from '../../display/theme.ts';
import type { ReplAgent } from './agent.ts';

/** Share of the window from which on it is worth a warning. */
const NEARLY_FULL = 0.8;

/** The line below the editor: model, context in use, cost of the session, and what a key would do now. */
export class StatusLine implements Component {
  readonly #agent: ReplAgent;
  readonly #theme: Theme;
  readonly #hint: () => string;
  #context = '';

  constructor(agent: ReplAgent, theme: Theme, hint: () => string) {
    this.#agent = agent;
    this.#theme = theme;
    this.#hint = hint;
  }

  /** Asks the agent anew how full the window is. */
  async update(): Promise<void> {
    const { used, windowTokens } = await this.#agent.contextUse();
    this.#context = used ? this.#describeContext(used, windowTokens) : '';
  }

  invalidate(): void {}

  render(width: number): string[] {
    const { quiet } = this.#theme;
    const { model, ledger } = this.#agent;
    const name = model ? this.#theme.name(model) : quiet('no model yet');
    const cost = quiet(money(ledger.totalCost()) + (ledger.isLowerBound ? '+' : ''));
    const hint = quiet(this.#hint());
    const line = [
      [name, this.#context, cost, hint],
      [name, cost, hint],
      [name, hint],
    ]
      .map((facts) => `  ${facts.filter(Boolean).join(quiet(' · '))}`)
      .find((candidate) => visibleWidth(candidate) <= width);
    return [line ?? truncateToWidth(`  ${hint}`, width, '…')];
  }

  #describeContext({ tokens, byAnother }: ContextUse, window: number | undefined): string {
    const { quiet, warning } = this.#theme;
    const used = `context ${byAnother ? 'about ' : ''}${roundCount(tokens)}`;
    if (!window) return quiet(used);
    const share = tokens / window;
    const text = `${used} of ${roundCount(window)} (${Math.round(share * 100)} %)`;
    return share >= NEARLY_FULL ? warning(text) : quiet(text);
  }
}
