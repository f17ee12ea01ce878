import { Failure } from '../conversation/failure.ts';
import type { ProviderSettings } from './base.ts';

/** What a key may consist of, and the value of a header: anything else is refused, or arrives as something else. */
const FOREIGN = /[^\x20-\x7e]/u;
const HEADER_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
/** Headers that carry a secret, by their names. */
const SECRET_HEADER = /auth|key|token|secret|cookie|password/i;
/** Values shorter than this are no secrets; replacing them would tear up ordinary text. */
const SHORTEST_SECRET = 8;

/** @throws {Failure} `bad-config` where the key or a header cannot be sent; it names the place, not the value. */
export function assertSendable({ name, apiKey = '', keyVariable, headers = {} }: ProviderSettings): void {
  const inKey = FOREIGN.exec(apiKey)?.[0];
  if (inKey !== undefined) {
    const where = keyVariable ?? `The API key of ${name}`;
    throw new Failure(
      'bad-config',
      `${where} holds ${nameOf(inKey)}, which no key of ${name} does. Copy the key again, alone and whole.`,
    );
  }
  for (const [header, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(header)) {
      throw new Failure('bad-config', `headers of ${name}: "${header}" cannot be the name of a header.`);
    }
    const inValue = FOREIGN.exec(value)?.[0];
    if (inValue !== undefined) {
      throw new Failure(
        'bad-config',
        `headers of ${name}: the value of "${header}" holds ${nameOf(inValue)}, which no header can carry. Write it in plain ASCII.`,
      );
    }
  }
}

/** The failure with neither the key nor a secret header's value in its sentence, whoever put it there. */
export function withoutSecrets(failure: Failure, { apiKey, headers = {} }: ProviderSettings): Failure {
  const secret = Object.entries(headers).filter(([name]) => SECRET_HEADER.test(name));
  const values = secret.flatMap(([, value]) => [value, value.split(' ').at(-1)!]);
  const told = [apiKey ?? '', ...values].filter((value) => {
    return value.length >= SHORTEST_SECRET && failure.message.includes(value);
  });
  if (told.length === 0) return failure;
  const message = told.reduce((text, value) => text.replaceAll(value, '…'), failure.message);
  return new Failure(failure.kind, message, failure.details);
}

function nameOf(character: string): string {
  if (/[\r\n]/.test(character)) return 'a line break';
  if (/[\x00-\x1f\x7f]/.test(character)) return 'a control character';
  return `the character “${character}”`;
}
