import type { EventOf, ParleyEvent } from '../conversation/event.ts';

export interface DisplaySettings {
  /** What models do among themselves: delegations, consultations and all other patterns that a leader begins. */
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
  /** Patterns and delegations that models began, where the human does not want to see such. */
  readonly #unseen = new Set<string>();

  constructor(settings: Partial<DisplaySettings> = {}) {
    this.settings = { ...defaultDisplaySettings, ...settings };
  }

  handle(event: ParleyEvent): void {
    this.#notice(event);
    if (!this.#hides(event)) this.#show(event);
  }

  /** What the human asked for is shown in any case; the switch is for what models do among themselves. */
  #notice(event: ParleyEvent): void {
    if (this.settings.showDelegations) return;
    const begun = begunBy(event);
    if (begun && (begun.by !== 'human' || this.#unseen.has(event.within ?? ''))) this.#unseen.add(begun.id);
  }

  #hides(event: ParleyEvent): boolean {
    // Questions, and what changes on the human's machine, are not hidden.
    if (/^(approval|notice|files)/.test(event.type)) return false;
    if (event.type === 'outcome.reported') return !this.settings.showDelegations && event.by !== 'human';
    const id = begunBy(event)?.id ?? patternOf(event);
    return [id, event.within].some((one) => one !== undefined && this.#unseen.has(one));
  }

  #show(event: ParleyEvent): void {
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
        this.showDelegation(event);
        break;
      case 'delegation.ended':
        this.showDelegationResult(event);
        break;
      case 'outcome.reported':
        this.showOutcome(event);
        break;
      case 'lesson.kept':
        this.showLesson(event);
        break;
      case 'consultation.started':
        this.showConsultation(event);
        break;
      case 'consultation.ended':
        this.showConsultationResult(event);
        break;
      case 'ballot.cast':
        this.showBallot(event);
        break;
      case 'vote.counted':
        this.showVote(event);
        break;
      case 'pattern.started':
        this.showPattern(event);
        break;
      case 'pattern.step':
        this.showPatternStep(event);
        break;
      case 'review.given':
        this.showReview(event);
        break;
      case 'floor.given':
        this.showFloor(event);
        break;
      case 'draft.revised':
        this.showDraft(event);
        break;
      case 'route.chosen':
        this.showRoute(event);
        break;
      case 'pattern.ended':
        this.showPatternResult(event);
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
  /** What a voter named and why; what it wrote came as an exchange with `formal`. */
  showBallot(_event: EventOf<'ballot.cast'>): void {}
  showVote(_event: EventOf<'vote.counted'>): void {}
  showPattern(_event: EventOf<'pattern.started'>): void {}
  showPatternStep(_event: EventOf<'pattern.step'>): void {}
  /** What a reviewer thinks of the draft; what it wrote came as an exchange with `formal`. */
  showReview(_event: EventOf<'review.given'>): void {}
  /** To whom a moderator gives the floor. */
  showFloor(_event: EventOf<'floor.given'>): void {}
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

/** What begins with this event, and who began it. */
function begunBy(event: ParleyEvent): { id: string; by: string } | undefined {
  switch (event.type) {
    case 'delegation.started':
      return { id: event.delegation, by: event.from };
    case 'consultation.started':
      return { id: event.consultation, by: event.by };
    case 'pattern.started':
      return { id: event.pattern, by: event.by };
    default:
      return undefined;
  }
}

/** The pattern that an event tells of. */
function patternOf(event: ParleyEvent): string | undefined {
  if ('pattern' in event) return event.pattern;
  if ('consultation' in event) return event.consultation;
  return event.type === 'delegation.ended' ? event.delegation : undefined;
}
