import { basename } from 'node:path';
import type { Environment } from '../config/environment.ts';

/** Values shorter than this are no keys; replacing them would tear up ordinary text. */
const SHORTEST_KEY = 8;
const SECRET_NAME = /(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|PRIVATE_KEY)(_|$)/i;
const SECRET_FILE =
  /^(\.env(\..+)?|\.netrc|\.npmrc|\.pypirc|\.git-credentials|.*\.(pem|key|p12|pfx|keystore)|id_(rsa|dsa|ecdsa|ed25519)|credentials)$/i;
/** Examples that are made to be read. */
const HARMLESS_FILE = /^\.env\.(example|sample|template|dist|defaults)$|\.pub$/i;

/** The environment without anything that looks like a key: what a command may see. */
export function cleanEnvironment(env: Environment, keys: Readonly<Record<string, string>> = {}): Environment {
  const secret = new Set(Object.values(keys));
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) =>
        value !== undefined && !SECRET_NAME.test(name) && !secret.has(value) && !name.startsWith('PARLEY_'),
    ),
  );
}

/** Replaces the values of keys by the names of their variables: `[ANTHROPIC_API_KEY]`. */
export function createRedactor(keys: Readonly<Record<string, string>>): (text: string) => string {
  // Longest first, so that a key that holds another one goes as a whole.
  const known = Object.entries(keys)
    .filter(([, value]) => value.length >= SHORTEST_KEY)
    .sort(([, a], [, b]) => b.length - a.length);
  return (text) => known.reduce((clean, [name, value]) => clean.replaceAll(value, `[${name}]`), text);
}

/** Whether a file is one that holds keys and passwords, by its name. */
export function isSecretFile(path: string): boolean {
  const name = basename(path);
  return SECRET_FILE.test(name) && !HARMLESS_FILE.test(name);
}

/** As globs that ripgrep leaves out. */
export const SECRET_GLOBS = [
  '.env',
  '.env.*',
  '.netrc',
  '.npmrc',
  '.pypirc',
  '.git-credentials',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.keystore',
  'id_rsa',
  'id_dsa',
  'id_ecdsa',
  'id_ed25519',
  'credentials',
];
