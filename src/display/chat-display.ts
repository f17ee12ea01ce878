import type { EventOf, ParleyEvent } from '../conversation/event.ts';

export interface DisplaySettings {
  /** Who asks whom for what: delegations, consultations and all other patterns. */
  showDelegations: boolean;
  showModelSwitches: boolean;
  /** Each speaker in a colour of its own. */
  colorCodeModels: boolean;
  /** Thinking in full instead of one line for it. */
  showThinking: boolean;
}

export const defaultDisplaySettings: DisplaySettings = {
  showDelegations: true,
  showModelSwitches: true,
  colorCodeModels: true,
  showThinking: false,
};

/**
 * What prints a conversation. It only listens: {@link handle} sends each event to the method that shows it.
 * A display of your own overrides what it wants to show; what it does not override stays silent.
 */
export abstract class ChatDisplay {
  protected readonly settings: DisplaySettings;

  constructor(settings: Partial<DisplaySettings> = {}) {
    this.settings = { ...defaultDisplaySettings, ...settings };
  }

  handle(event: ParleyEvent): void {
    switch (event.type) {
      case 'session.started':
        this.showSessionStart(event);
        break;
      case 'session.cleared':
        this.showSessionCleared(event);
        break;
      case 'model.switched':
        if (this.settings.showModelSwitches) this.showModelSwitch(event);
        break;
      case 'delegation.started':
        if (this.settings.showDelegations) this.showDelegation(event);
        break;
      case 'delegation.ended':
        if (this.settings.showDelegations) this.showDelegationResult(event);
        break;
      case 'outcome.reported':
        if (this.settings.showDelegations) this.showOutcome(event);
        break;
      case 'lesson.kept':
        this.showLesson(event);
        break;
      case 'consultation.started':
        if (this.settings.showDelegations) this.showConsultation(event);
        break;
      case 'consultation.ended':
        if (this.settings.showDelegations) this.showConsultationResult(event);
        break;
      case 'vote.counted':
        if (this.settings.showDelegations) this.showVote(event);
        break;
      case 'pattern.started':
        if (this.settings.showDelegations) this.showPattern(event);
        break;
      case 'pattern.step':
        if (this.settings.showDelegations) this.showPatternStep(event);
        break;
      case 'draft.revised':
        if (this.settings.showDelegations) this.showDraft(event);
        break;
      case 'route.chosen':
        if (this.settings.showDelegations) this.showRoute(event);
        break;
      case 'pattern.ended':
        if (this.settings.showDelegations) this.showPatternResult(event);
        break;
      case 'room.said':
        this.showHumanSaid(event);
        break;
      case 'turn.started':
        this.showHumanMessage(event);
        break;
      case 'exchange.started':
        this.showRequest(event);
        break;
      case 'exchange.delta':
        this.showDelta(event);
        break;
      case 'exchange.ended':
        this.showResponse(event);
        break;
      case 'exchange.retrying':
        this.showRetry(event);
        break;
      case 'tool.started':
        this.showToolCall(event);
        break;
      case 'tool.output':
        this.showToolOutput(event);
        break;
      case 'tool.ended':
        this.showToolResult(event);
        break;
      case 'approval.asked':
        this.showApprovalRequest(event);
        break;
      case 'approval.answered':
        this.showApproval(event);
        break;
      case 'files.restored':
        this.showRestoredFiles(event);
        break;
      case 'notice':
        this.showNotice(event);
        break;
      case 'turn.ended':
        this.showConversationSummary(event);
        break;
    }
  }

  showSessionStart(_event: EventOf<'session.started'>): void {}
  showSessionCleared(_event: EventOf<'session.cleared'>): void {}
  showModelSwitch(_event: EventOf<'model.switched'>): void {}
  showDelegation(_event: EventOf<'delegation.started'>): void {}
  showDelegationResult(_event: EventOf<'delegation.ended'>): void {}
  showOutcome(_event: EventOf<'outcome.reported'>): void {}
  showLesson(_event: EventOf<'lesson.kept'>): void {}
  showConsultation(_event: EventOf<'consultation.started'>): void {}
  /** Who answered, who did not; the answers themselves came as exchanges. */
  showConsultationResult(_event: EventOf<'consultation.ended'>): void {}
  showVote(_event: EventOf<'vote.counted'>): void {}
  showPattern(_event: EventOf<'pattern.started'>): void {}
  showPatternStep(_event: EventOf<'pattern.step'>): void {}
  showDraft(_event: EventOf<'draft.revised'>): void {}
  showRoute(_event: EventOf<'route.chosen'>): void {}
  showPatternResult(_event: EventOf<'pattern.ended'>): void {}
  /** What the human said while models talked. */
  showHumanSaid(_event: EventOf<'room.said'>): void {}
  showHumanMessage(_event: EventOf<'turn.started'>): void {}
  showRequest(_event: EventOf<'exchange.started'>): void {}
  /** A piece of a reply as it arrives; all of it comes again in {@link showResponse}. */
  showDelta(_event: EventOf<'exchange.delta'>): void {}
  showResponse(_event: EventOf<'exchange.ended'>): void {}
  showRetry(_event: EventOf<'exchange.retrying'>): void {}
  showToolCall(_event: EventOf<'tool.started'>): void {}
  showToolOutput(_event: EventOf<'tool.output'>): void {}
  showToolResult(_event: EventOf<'tool.ended'>): void {}
  showApprovalRequest(_event: EventOf<'approval.asked'>): void {}
  showApproval(_event: EventOf<'approval.answered'>): void {}
  showRestoredFiles(_event: EventOf<'files.restored'>): void {}
  showNotice(_event: EventOf<'notice'>): void {}
  /** What the turn came to: outcome, time, tokens, cost. */
  showConversationSummary(_event: EventOf<'turn.ended'>): void {}
}
