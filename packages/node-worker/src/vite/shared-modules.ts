/** What is asked about a module of Rollup's graph. */
export interface ModuleGraph {
  getModuleInfo(id: string): ModuleLinks | null;
}

interface ModuleLinks {
  readonly isEntry: boolean;
  readonly importedIds: readonly string[];
  readonly dynamicallyImportedIds: readonly string[];
  readonly importers: readonly string[];
  readonly dynamicImporters: readonly string[];
}

export type ChunkOf = (id: string, graph: ModuleGraph) => string | null | undefined;

/**
 * Keeps what a worker shares with the server out of the server's chunks, by way of Rollup's `manualChunks`.
 * A chunk runs as a whole: a worker whose definitions lie in one that begins to listen begins a second
 * server. A chunk of its own holds nothing but what some worker imports.
 *
 * `workers` are the ids of the entries, with their names.
 */
export function apartFromServer(workers: ReadonlyMap<string, string>, others?: ChunkOf): ChunkOf {
  let chunks: ReadonlyMap<string, string | undefined> | undefined;
  return (id, graph) => {
    chunks ??= chunksOfWorkers(workers, graph);
    return chunks.has(id) ? chunks.get(id) : others?.(id, graph);
  };
}

/** Of each module that a worker imports: the chunk that it has to be in, if it cannot be in any. */
function chunksOfWorkers(workers: ReadonlyMap<string, string>, graph: ModuleGraph) {
  const users = new Map<string, string[]>();
  for (const [worker, name] of workers) {
    for (const id of importedBy(worker, graph)) users.set(id, [...(users.get(id) ?? []), name]);
  }
  const isOfServer = (id: string): boolean => {
    const info = graph.getModuleInfo(id);
    if (info === null || info.isEntry) return false;
    return [...info.importers, ...info.dynamicImporters].some((importer) => !users.has(importer));
  };
  // With what they import, which Rollup would put into the same chunk.
  const shared = new Set(
    [...users.keys()].filter(isOfServer).flatMap((id) => [...importedBy(id, graph)]),
  );
  return new Map(
    [...users].map(([id, names]) => [
      id,
      shared.has(id) ? `${[...new Set(names)].sort().join('-')}-shared` : undefined,
    ]),
  );
}

function importedBy(entry: string, graph: ModuleGraph): ReadonlySet<string> {
  const found = new Set([entry]);
  // A set hands out what is added while it is walked through.
  for (const id of found) {
    const info = graph.getModuleInfo(id);
    for (const imported of [
      ...(info?.importedIds ?? []),
      ...(info?.dynamicallyImportedIds ?? []),
    ]) {
      found.add(imported);
    }
  }
  return found;
}
