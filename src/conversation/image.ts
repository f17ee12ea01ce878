import type { ImagePart } from './message.ts';

/** Image formats that all providers take, by their first bytes: a name may lie, and a wrong type fails the request. */
const FORMATS: [string, RegExp][] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
];

/** More than any of them looks at, and whole groups of base64. */
const HEAD_CHARACTERS = 64;

/** The media type of an image that can be shown to a model. */
export function imageType(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, HEAD_CHARACTERS).toString('latin1');
  return FORMATS.find(([, beginning]) => beginning.test(head))?.[0];
}

/** For what comes from outside, where nobody may have checked that it is one, and of the type that it says. */
export function isImagePart(part: unknown): part is ImagePart {
  const { type, mediaType, data } = (part ?? {}) as Partial<Record<keyof ImagePart, unknown>>;
  if (type !== 'image' || typeof data !== 'string' || !/^[\w+/-]+={0,2}$/.test(data)) return false;
  const found = imageType(Buffer.from(data.slice(0, HEAD_CHARACTERS), 'base64'));
  return found !== undefined && found === mediaType;
}
