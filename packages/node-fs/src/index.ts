export { nodeStorage } from './node-storage.ts';
