import { Failure } from '../../conversation/failure.ts';
import { imageType } from '../../conversation/image.ts';
import type { ImagePart } from '../../conversation/message.ts';

/** Bytes; in base64 that is the five million that the strictest provider takes. */
const LARGEST_IMAGE = 3_750_000;

/** The image that a file is; undefined where it is none. @throws {Failure} where it is too large to be looked at. */
export function imageIn(name: string, bytes: Buffer): ImagePart | undefined {
  const mediaType = imageType(bytes);
  if (!mediaType) return undefined;
  if (bytes.length > LARGEST_IMAGE)
    throw new Failure(
      'bad-request',
      `${name} has ${bytes.length.toLocaleString('en')} bytes; images up to ${LARGEST_IMAGE.toLocaleString('en')} can be looked at.`,
    );
  return { type: 'image', mediaType, data: bytes.toString('base64') };
}
