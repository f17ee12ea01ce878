// The floor: what the same wire traffic costs with bare fetch and nothing else. It sends the request bodies
// that Parley sent, one after the other, decodes the streams, and prints the text.
import { readFileSync } from 'node:fs';

const [url, recording] = process.argv.slice(2);
for (const body of JSON.parse(readFileSync(recording, 'utf8'))) {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'bench' },
    body: JSON.stringify(body),
  });
  const decoder = new TextDecoder();
  let pending = '';
  let text = '';
  let args = '';
  for await (const bytes of response.body) {
    const lines = (pending + decoder.decode(bytes, { stream: true })).split('\n');
    pending = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      const { delta } = JSON.parse(line.slice(6));
      if (delta?.type === 'text_delta') text += delta.text;
      else if (delta?.type === 'input_json_delta') args += delta.partial_json;
    }
  }
  if (args) JSON.parse(args);
  if (text) process.stdout.write(`${text}\n`);
}
