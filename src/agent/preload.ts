/** While a leader writes an order for a worker, the worker's model is loaded. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ModelReference, splitReference } from '../conversation/message.ts';
import { localModels } from '../local/fleet.ts';
import type { LocalKnowledge } from '../local/knowledge.ts';
import { parsePlace } from '../patterns/material.ts';
import type { ModelInfo } from '../providers/base.ts';
import { stepFor } from '../providers/ollama/window-steps.ts';
import type { Roster } from '../providers/roster.ts';

/** What an order says of who is asked, and about what, before it is whole. */
export interface OrderBegun {
  /** Undefined where it is left out. */
  model?: string;
  files: string[];
}

/** Keys that are written after `model` and `files`, where those are written at all. */
const LATER_KEYS = /"(task|brief|kind|max_output|seconds|form|schema|write_to|check|tools|insist)"\s*:/;
/** What a model has at least, tokens. */
const FIRST_WINDOW = 8192;
const BYTES = { perToken: 3, perLine: 40 };
/** Role, task and answer. */
const AROUND_TOKENS = 1500;

/** @returns undefined while more may come that matters. @param json as much of the arguments as has come. */
export function orderBegun(json: string): OrderBegun | undefined {
  if (!LATER_KEYS.test(json) && !/\}\s*$/.test(json)) return undefined;
  const model = /"model"\s*:\s*"([^"\\]*)"/.exec(json)?.[1];
  const files = /"files"\s*:\s*(\[[^\]]*\])/.exec(json)?.[1];
  return { model, files: placesIn(files ?? '[]') };
}

/**
 * Loads the model that is about to be asked, with the window that it had last, or that the files need. Where none is
 * named, the one that was asked last, and only if its server has no other loaded, which may be the one to be chosen.
 */
export async function preloadFor(
  { model: named, files }: OrderBegun,
  { machine, store }: LocalKnowledge,
  { roster, workspace }: { roster: Roster; workspace: string },
): Promise<void> {
  const offered = await localModels(roster);
  const last = store.delegations().findLast(({ local }) => local)?.model;
  const worker = named === undefined ? last : localNamed(named, offered);
  if (!worker) return;
  const { provider: name, model } = splitReference(worker);
  const provider = await roster.get(name);
  const before = await provider.prospect({ model, messages: [] });
  if (before?.loaded !== false) return;
  if (named === undefined && offered.some(({ loaded }) => loaded)) return;
  const largest = offered.find(({ reference }) => reference === worker)?.contextTokens ?? FIRST_WINDOW;
  const known = machine.lastWindow(before.host, worker) ?? before.contextSize;
  const window = stepFor((await tokensIn(files, workspace)) + AROUND_TOKENS);
  await provider.preload(model, Math.min(largest, Math.max(known, window, FIRST_WINDOW)));
  machine.notePreload(before.host, worker);
}

/** In full, or a part of the name that only one local model bears. */
function localNamed(wanted: string, offered: readonly ModelInfo[]): ModelReference | undefined {
  const exact = offered.find(({ reference }) => reference === wanted.trim());
  const fitting = offered.filter(({ name }) => name.includes(wanted.trim()));
  return exact?.reference ?? (fitting.length === 1 ? fitting[0]!.reference : undefined);
}

function placesIn(json: string): string[] {
  try {
    const places = JSON.parse(json) as unknown[];
    return places.filter((place) => typeof place === 'string');
  } catch {
    return [];
  }
}

/** About: what is not there, or outside, the order itself will tell. */
async function tokensIn(files: readonly string[], workspace: string): Promise<number> {
  let bytes = 0;
  for (const place of files) {
    const { path, from, to } = parsePlace(place);
    const size = await stat(resolve(workspace, path)).then(
      (found) => found.size,
      () => 0,
    );
    bytes += from === undefined ? size : Math.min(size, ((to ?? from) - from + 1) * BYTES.perLine);
  }
  return bytes / BYTES.perToken;
}
