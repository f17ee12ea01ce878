import { expect, test } from 'vitest';
import {
  cleanEnvironment,
  createRedactor,
  createStreamRedactor,
  isSecretFile,
} from '../../src/safety/secrets.ts';
import { fc } from '../support/chance.ts';

test.each([
  'ANTHROPIC_API_KEY',
  'GEMINI_API_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'GITHUB_TOKEN',
  'GH_AUTHTOKEN',
  'GH_PAT',
  'PGPASSWORD',
  'DB_PASSWORDS',
  'npm_config__authToken',
  'PARLEY_ANYTHING',
  'DB_PASS',
  'MYSQL_PWD',
  'NPM_AUTH',
  'SESSION_COOKIE',
  'JWT',
  'API_KEY2',
  'API_KEY_2',
  'ACCESSTOKEN1',
])('a command does not see %s', (name) => {
  expect(cleanEnvironment({ [name]: 'value', PATH: '/bin' })).toEqual({ PATH: '/bin' });
});

test.each([
  'PATH',
  'HOME',
  'PWD',
  'OLDPWD',
  'COMPASS',
  'XAUTHORITY',
  'GIT_ASKPASS',
  'INIT_CWD',
  'SSH_AUTH_SOCK',
  'KEYBOARD',
  'TOKENIZERS_PARALLELISM',
  'COMPAT',
])('a command sees %s', (name) => {
  expect(cleanEnvironment({ [name]: 'value' })).toEqual({ [name]: 'value' });
});

test('a key hides under any name, and within another text', () => {
  const env = { INNOCENT: 'sk-ant-12345678', HEADERS: 'authorization: Bearer sk-ant-12345678', OTHER: 'x' };
  expect(cleanEnvironment(env, { ANTHROPIC_API_KEY: 'sk-ant-12345678' })).toEqual({ OTHER: 'x' });
});

test('keys are replaced by their names, a key within a longer one as a whole, short values not at all', () => {
  const redact = createRedactor({ A_KEY: 'abcdefgh', LONG_KEY: 'xxabcdefghxx', SHORT_KEY: 'abc' });
  expect(redact('abc abcdefgh, xxabcdefghxx')).toBe('abc [A_KEY], [LONG_KEY]');
});

test('code is no key, whatever a project calls it: it is shown', () => {
  const redact = createRedactor({ GEMINI_API_KEY: 'fetch("http://evil")', OPENAI_API_KEY: '; rm -rf ~ #' });
  expect(redact('fetch("http://evil"); rm -rf ~ #')).toBe('fetch("http://evil"); rm -rf ~ #');
});

test('a key is found wherever the stream is cut', () => {
  const key = 'sk-abab-abababc';
  const text = fc.array(fc.constantFrom(key, 'sk-', 'ab', 'x ', 'c')).map((words) => words.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(20)), (text, cuts) => {
      const redactor = createStreamRedactor({ THE_KEY: key });
      let said = '';
      let rest = text;
      for (const cut of cuts) {
        said += redactor.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      said += redactor.push(rest) + redactor.end();
      expect(said).toBe(createRedactor({ THE_KEY: key })(text));
    }),
  );
});

test('a stream that holds no part of a key is not held back', () => {
  const redactor = createStreamRedactor({ THE_KEY: 'sk-secret' });
  expect(redactor.push('.')).toBe('.');
  expect(redactor.push('dots s')).toBe('dots ');
  expect(redactor.push('o')).toBe('so');
});

test.each([
  '.env',
  'app/.env.local',
  '.ENV',
  '.envrc',
  'server.pem',
  'id_rsa',
  'id_ed25519_work',
  '.netrc',
  '.npmrc',
  'credentials',
  'credentials.json',
  'keys/release.jks',
  '.git/config',
  'sub/.git/modules/x/config',
  '.env~',
  '.env-prod',
  '.env_local',
  '.env.swp',
  'prod.env',
  'server.pem.bak',
  'id_rsa~',
  '.dev.vars',
  '.docker/config.json',
  'home/.kube/config',
  'terraform.tfstate',
  'terraform.tfstate.backup',
  'prod.tfvars',
  'k8s/secrets.yaml',
  'secrets.json',
  'service-account.json',
  'service_account_prod.json',
  'client_secret_1.apps.json',
  '.my.cnf',
  '.yarnrc.yml',
  '.vault-pass',
  'local.settings.json',
])('%s holds secrets', (path) => {
  expect(isSecretFile(path)).toBe(true);
});

test.each([
  '.env.example',
  '.env.local.sample',
  'id_rsa.pub',
  'environment.ts',
  'id_mapper.ts',
  'credentials.ts',
  'keyboard.ts',
  'config',
  '.gitignore',
  'docker/config.json',
  'secrets.ts',
  'service-account.ts',
  '.env.example~',
  'terraform.tfvars.example',
  'environment.env.ts',
])('%s does not', (path) => {
  expect(isSecretFile(path)).toBe(false);
});
