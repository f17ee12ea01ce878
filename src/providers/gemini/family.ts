/** What a model's name says of it, for what the service does not tell with each request. */
export interface Family {
  /** 2.5 for `gemini-2.5-flash`; infinite for `gemini-flash-latest`; absent for models that are no Gemini. */
  version?: number;
  /** Can do without thinking, or nearly. */
  light: boolean;
}

export function familyOf(model: string): Family {
  const name = model.replace(/^models\//, '');
  const light = /flash|lite/.test(name);
  const version = /^gemini-(\d+(?:\.\d+)?)/.exec(name)?.[1];
  if (version !== undefined) return { version: Number(version), light };
  return { version: /^gemini-.*latest$/.test(name) ? Number.POSITIVE_INFINITY : undefined, light };
}

/** Where the service has not said so itself. */
export function canThink(model: string): boolean {
  const { version } = familyOf(model);
  return version !== undefined && version >= 2.5 && !/image|tts|live|embedding|transcribe/.test(model);
}

/** From the third generation on, a first call without a signature is refused, and results may hold images. */
export function isThirdGeneration(model: string): boolean {
  return (familyOf(model).version ?? 0) >= 3;
}
