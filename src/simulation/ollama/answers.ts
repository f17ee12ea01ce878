/** What the simulated server says of its models. */
import type { HttpRequest } from '../http.ts';
import type { ServerTraits } from './generation.ts';
import type { MachineClock } from './machine-clock.ts';
import { detailsOf, digestOf, remoteName, type SimulatedModel, showOf } from './models.ts';
import type { Runner } from './runner.ts';
import { ServiceError } from './service-error.ts';

export interface Informant {
  models: readonly SimulatedModel[];
  traits: ServerTraits;
  clock: MachineClock;
  scheduler: { runners: readonly Runner[] };
}

/** Undefined where the server has nothing at this path. @throws {ServiceError} 404 for an unknown model. */
export function answerTo(informant: Informant, { method, path, body }: HttpRequest): object | undefined {
  const { models, traits, scheduler, clock } = informant;
  switch (`${method} ${path}`) {
    case 'GET /api/version':
      return { version: traits.version };
    case 'GET /api/tags':
      return { models: models.map((model) => tag(model, traits)) };
    case 'GET /api/ps':
      return { models: scheduler.runners.map((runner) => running(runner, clock.now())) };
    case 'POST /api/show': {
      const name = String(body.model ?? body.name ?? '');
      const model = findModel(models, name);
      if (!model) throw new ServiceError(404, `model '${name}' not found`);
      return showOf(model);
    }
    default:
      return undefined;
  }
}

/** `llama3` is `llama3:latest`; names are not case-sensitive. */
export function findModel(models: readonly SimulatedModel[], name: string): SimulatedModel | undefined {
  const full = (name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`).toLowerCase();
  return models.find((model) => model.name.toLowerCase() === full);
}

function tag(model: SimulatedModel, { tellsCapabilities }: ServerTraits): object {
  const { capabilities, trainedContext: context_length, embedding: embedding_length } = model;
  return {
    name: model.name,
    model: model.name,
    modified_at: '2026-08-01T09:00:00Z',
    size: model.bytes,
    digest: digestOf(model),
    details: { ...detailsOf(model), ...(tellsCapabilities && { context_length, embedding_length }) },
    ...(tellsCapabilities && { capabilities }),
    ...(model.remoteHost && { remote_host: model.remoteHost, remote_model: remoteName(model) }),
  };
}

function running({ model, placement, options, holders, expiresAt }: Runner, now: number): object {
  // A model in use has its time to live still before it; one that stays for ever has a date far away.
  const leftMs = holders > 0 ? 300_000 : Math.min(expiresAt - now, 1e12);
  return {
    name: model.name,
    model: model.name,
    size: Math.round(placement.bytes),
    digest: digestOf(model),
    details: detailsOf(model),
    expires_at: new Date(Date.now() + leftMs).toISOString(),
    size_vram: Math.round(placement.vramBytes),
    context_length: options.contextSize,
  };
}
