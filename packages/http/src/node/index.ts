export { type NodeListener, type NodeListenerOptions, toNodeListener } from './node-listener.ts';
export { isAuthority } from './target.ts';
