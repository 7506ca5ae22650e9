export default ({ a, b }: { readonly a: number; readonly b: number }): number => a + b;
