// The package ships no types. Only what is used here.
declare module 'fs-native-extensions' {
  /** False while another descriptor, of whatever process, holds the lock. */
  export function tryLock(
    fd: number,
    offset?: number,
    length?: number,
    options?: { readonly shared?: boolean },
  ): boolean;
}
