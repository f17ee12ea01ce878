import { type Component, truncateToWidth, visibleWidth } from '@earendil-works/pi-tui';
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
    const { usedTokens, windowTokens } = await this.#agent.contextUse();
    const spoken = this.#agent.ledger.rows().length > 0;
    this.#context = spoken ? this.#describeContext(usedTokens, windowTokens) : '';
  }

  invalidate(): void {}

  render(width: number): string[] {
    const { quiet } = this.#theme;
    const { model, ledger } = this.#agent;
    const name = model ? this.#theme.name(model) : quiet('no model yet');
    const cost = quiet(money(ledger.totalCost()));
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

  #describeContext(used: number | undefined, window: number | undefined): string {
    const { quiet, warning } = this.#theme;
    if (used === undefined) return quiet('context unknown');
    if (!window) return quiet(`context ${roundCount(used)}`);
    const share = used / window;
    const text = `context ${roundCount(used)} of ${roundCount(window)} (${Math.round(share * 100)} %)`;
    return share >= NEARLY_FULL ? warning(text) : quiet(text);
  }
}
