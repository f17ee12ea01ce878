const DEFAULT_PORT = '11434';

/**
 * The base URL that `OLLAMA_HOST` or `OLLAMA_BASE_URL` means, as Ollama's own client reads it: scheme and port
 * may be left out (`http`, 11434; 80 or 443 where a scheme stands alone), and an address to listen on
 * (`0.0.0.0`, `::`) is reached through the loopback. A path stays, but `/api` and `/v1`, which many add, go.
 * What is no address at all comes back as it is, for the connection to fail with it. A login in it is left out, since
 * addresses are shown: see {@link loginIn}.
 */
export function ollamaUrl(host: string): string {
  const written = host.trim().replace(/^["']|["']$/g, '');
  const scheme = /^(https?):\/\//i.exec(written)?.[1]?.toLowerCase();
  const address = written.replace(/^https?:\/\//i, '') || '127.0.0.1';
  const full = `${scheme ?? 'http'}://${isBareIpv6(address) ? `[${address}]` : address.replace(/^:/, '127.0.0.1:')}`;
  if (!URL.canParse(full)) return written;
  const url = new URL(full);
  // URL drops a port that is the scheme's own, so what was written decides.
  const hasPort = /^(\[[^\]]*\]|[^:/]*):\d/.test(full.slice(full.indexOf('//') + 2));
  const port = url.port || (hasPort || scheme ? '' : DEFAULT_PORT);
  const name = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' }[url.hostname] ?? url.hostname;
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(api|v1)$/, '');
  const standard = hasPort && !url.port && !scheme ? ':80' : '';
  return `${url.protocol}//${name}${port ? `:${port}` : standard}${path}`;
}

/** `user:password` in an address, for a server behind a proxy that wants them; undefined where there is none. */
export function loginIn(host: string): string | undefined {
  const written = host.trim().replace(/^["']|["']$/g, '');
  const full = /^https?:\/\//i.test(written) ? written : `http://${written}`;
  if (!URL.canParse(full)) return undefined;
  const { username, password } = new URL(full);
  return username || password ? `${decoded(username)}:${decoded(password)}` : undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function isBareIpv6(address: string): boolean {
  return /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i.test(address);
}
