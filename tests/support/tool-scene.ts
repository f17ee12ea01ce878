export * from '../tools/tool-scene.ts';
