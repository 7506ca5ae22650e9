import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Which file of a folder imports which other one of it, by its path in the folder. Types count. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export function importGraph(folder: string): ImportGraph {
  const files = globSync('**/*.{ts,tsx,svelte}', { cwd: folder })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => !file.endsWith('.d.ts'));
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(
        readFileSync(path.join(folder, file), 'utf8'),
        true,
        true,
      );
      const imported = importedFiles
        .filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => path.posix.join(path.posix.dirname(file), fileName))
        .filter((target) => known.has(target));
      return [file, imported];
    }),
  );
}

/** The circles of a graph: each a set of files that all reach one another (Tarjan, 1972). */
export function circles(graph: ImportGraph): string[][] {
  const order = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const place = order.size;
    order.set(file, place);
    let low = place;
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      const seen = order.get(next);
      if (seen === undefined) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, seen);
    }
    if (low === place) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1 || graph.get(file)?.includes(file)) found.push(circle.sort());
    }
    return low;
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}
