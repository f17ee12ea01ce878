import { basename } from 'node:path';
import { Failure } from '../conversation/failure.ts';
import type { Environment } from '../environment.ts';

/**
 * What a key looks like. Replacing shorter values would tear up ordinary text; and a project's `.env` must not be able
 * to name a piece of code a key, and so keep the human from seeing it in a change.
 */
const KEY = /^[\w.~+/=:@%-]{8,}$/;
/** Without a boundary before it: `PGPASSWORD` and `GH_AUTHTOKEN` are secrets as well. */
const SECRET_NAME = new RegExp(
  [
    /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)S?\d*(_|$)/,
    // With one, for `COMPASS` is none; and nothing behind it, for `SSH_AUTH_SOCK` is needed.
    /(^|_)(PAT|PASS|AUTH|JWT|COOKIES?)\d*$/,
    // Not `PWD` and `OLDPWD`.
    /_PWD\d*$/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);
const SECRET_FILE = new RegExp(
  [
    /^\.env(rc|[-._].+)?$|\.env$/,
    /^[._](netrc|npmrc|pypirc|pgpass|htpasswd|git-credentials|vault[-_](token|pass)|dev\.vars|my\.cnf|yarnrc\.yml)$/,
    /\.(pem|key|p12|pfx|ppk|jks|keystore|kdbx|tfstate|tfvars)$/,
    /^id_(rsa|dsa|ecdsa|ed25519)([._-].*)?$/,
    /^(credentials|secrets?)\.(json|ya?ml|toml|ini|xml|csv)$|^credentials$|^local\.settings\.json$/,
    /^(service[-_]?account|client_secret).*\.json$/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);
/** What is made to be read: examples, and public halves of keys. */
const HARMLESS_FILE = /\.(example|sample|template|dist|defaults|pub)$/i;
/** What editors and careful people leave beside a file. */
const COPY = /(~|\.(bak|backup|old|orig|save|sw[a-p]))+$/i;
/** Git keeps passwords in the addresses of remotes, Docker and Kubernetes theirs in files with harmless names. */
const SECRET_PLACE =
  /(^|[/\\])(\.git[/\\](.*[/\\])?config(\.worktree)?|\.docker[/\\]config\.json|\.kube[/\\]config)$/i;

/** Keys by the names of their variables. */
export type Keys = Readonly<Record<string, string>>;

/** The environment without anything that looks like a key: what a command may see. */
export function cleanEnvironment(env: Environment, keys: Keys = {}): Environment {
  const known = Object.values(keys);
  const secrets = longKeys(keys).map(([, value]) => value);
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) =>
        value !== undefined &&
        !SECRET_NAME.test(name) &&
        !name.startsWith('PARLEY_') &&
        !known.includes(value) &&
        // Also within another text: `Bearer sk-…`.
        !secrets.some((secret) => value.includes(secret)),
    ),
  );
}

/** Replaces the values of keys by the names of their variables: `[ANTHROPIC_API_KEY]`. */
export function createRedactor(keys: Keys): (text: string) => string {
  const known = longKeys(keys);
  return (text) => known.reduce((clean, [name, value]) => clean.replaceAll(value, `[${name}]`), text);
}

/** Redacts a text that comes in pieces, wherever it is cut. */
export interface StreamRedactor {
  /** The text as far as no key can be in the middle of its end; the rest comes with the next piece. */
  push(piece: string): string;
  /** What was held back. */
  end(): string;
}

export function createStreamRedactor(keys: Keys): StreamRedactor {
  const values = longKeys(keys).map(([, value]) => value);
  const redact = createRedactor(keys);
  let held = '';
  return {
    push(piece) {
      const text = redact(held + piece);
      const begun = Math.max(0, ...values.map((value) => beginningAtEnd(text, value)));
      held = text.slice(text.length - begun);
      return text.slice(0, text.length - begun);
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** How many characters at the end of the text are the beginning of the value. */
function beginningAtEnd(text: string, value: string): number {
  for (let length = Math.min(value.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(value.slice(0, length))) return length;
  }
  return 0;
}

/** Those that look like one, longest first, so that a key that holds another one goes as a whole. */
export function longKeys(keys: Keys): [string, string][] {
  return Object.entries(keys)
    .filter(([, value]) => KEY.test(value))
    .sort(([, a], [, b]) => b.length - a.length);
}

/** Whether a file is one that holds keys and passwords, by its path. */
export function isSecretFile(path: string): boolean {
  const original = path.replace(COPY, '');
  const name = basename(original);
  return (SECRET_FILE.test(name) && !HARMLESS_FILE.test(name)) || SECRET_PLACE.test(original);
}

/**
 * @param path as it was written; @param absolute with its symlinks resolved: either name may give it away.
 * @throws {Failure} where the file may hold secrets.
 */
export function refuseSecret(path: string, absolute: string): void {
  if (!isSecretFile(path) && !isSecretFile(absolute)) return;
  throw new Failure(
    'bad-request',
    `${path} may hold keys or passwords, so no model reads or writes it. Ask the human for what you need from it.`,
  );
}
