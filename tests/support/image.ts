import type { ImagePart } from '../../src/conversation/message.ts';

/** Begins like an image, which is all that is asked of it here. */
export const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(200_000, 'pixels')]);

export const IMAGE: ImagePart = { type: 'image', mediaType: 'image/png', data: PNG.toString('base64') };
