import { Failure } from './failure.ts';
import { isImagePart } from './image.ts';

/**
 * What a program hands over as a message, before any of it enters the conversation.
 * @throws {Failure} `usage` that names the part which is none.
 */
export function assertInput(text: unknown, images: unknown = []): void {
  if (typeof text !== 'string') throw new Failure('usage', 'A message is a text: give chat a string.');
  if (text.trim() === '')
    throw new Failure('usage', 'The message is empty: give chat a text that says something.');
  if (!Array.isArray(images)) throw new Failure('usage', 'images is a list of images: give chat an array.');
  const place = images.findIndex((image) => !isImagePart(image));
  if (place < 0) return;
  throw new Failure(
    'usage',
    `images[${place}] is no image that models take. Write it as { type: 'image', mediaType: 'image/png', data }, with the bytes of a PNG, JPEG, GIF or WebP as base64 in data, and its type.`,
  );
}
