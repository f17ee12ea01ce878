/**
 * Makes an SDK's client while the environment variables whose names begin so are out of sight: they may
 * change the host, the key and the headers behind our back, and some are warned of on the terminal.
 */
export function withoutVariables<Client>(beginnings: readonly string[], make: () => Client): Client {
  const hidden = Object.entries(process.env).filter(([name]) =>
    beginnings.some((beginning) => name.startsWith(beginning)),
  );
  for (const [name] of hidden) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}
