// A chunk runs as a whole: a worker whose definitions lie in one that begins to listen begins a second server.
// So what a worker shares with the server is kept in chunks that hold nothing but what some worker imports.

/** By the id of their entry, the workers' names. */
export type Workers = ReadonlyMap<string, string>;

/** What decides of chunks among the options of an output. */
export interface ChunkOptions {
  readonly inlineDynamicImports?: boolean | undefined;
  readonly preserveModules?: boolean | undefined;
  readonly manualChunks?: unknown;
  readonly codeSplitting?: unknown;
  readonly advancedChunks?: unknown;
}

/** What is asked about a module of the bundler's graph. */
interface ModuleGraph {
  getModuleInfo(id: string): ModuleLinks | null;
}

interface ModuleLinks {
  readonly isEntry: boolean;
  readonly importedIds: readonly string[];
  readonly dynamicallyImportedIds: readonly string[];
  readonly importers: readonly string[];
  readonly dynamicImporters: readonly string[];
}

type ChunkOf = (id: string, graph: ModuleGraph) => string | null | undefined;

/** For Rollup, whose `manualChunks` are asked for each module, before anything else decides. */
export function inRollup<Options extends ChunkOptions>(
  options: Options,
  workers: Workers,
): Options | null {
  const { manualChunks: others } = options;
  if (workers.size === 0 || isWhole(options)) return null;
  if (others !== undefined && typeof others !== 'function') return null;
  const ofWorkers = chunksOfWorkers(workers);
  const manualChunks: ChunkOf = (id, graph) => {
    const chunks = ofWorkers(graph);
    return chunks.has(id) ? chunks.get(id) : others?.(id, graph);
  };
  return { ...options, manualChunks };
}

interface Group {
  readonly name: string | ChunkOf;
  readonly priority?: number | undefined;
  /** Asked for where a name is a function, for reports of Rolldown's. */
  readonly debugName?: string | undefined;
}

/**
 * For Rolldown, which keeps entries apart by itself unless it is asked for chunks, and then puts all that a
 * module imports into the same one, but for what a group of a higher priority has.
 */
export function inRolldown<Options extends ChunkOptions>(
  options: Options,
  workers: Workers,
): Options | null {
  const { manualChunks, codeSplitting, advancedChunks } = options;
  const splitting = optionsOf(codeSplitting) ?? optionsOf(advancedChunks) ?? {};
  const asked: readonly Group[] =
    typeof manualChunks === 'function'
      ? [{ name: manualChunks as ChunkOf }]
      : (splitting.groups ?? []);
  if (asked.length === 0 || isWhole(options)) return null;
  const ofWorkers = chunksOfWorkers(workers);
  const others = asked.map((group) => {
    const { name } = group;
    const chunkOf: ChunkOf = (id, graph) =>
      ofWorkers(graph).has(id) ? null : typeof name === 'function' ? name(id, graph) : name;
    const debugName = typeof name === 'function' ? 'chunks' : name;
    return { debugName, ...group, name: chunkOf };
  });
  const shared: Group = {
    name: (id, graph) => ofWorkers(graph).get(id),
    debugName: 'workers',
    priority: 1 + Math.max(0, ...asked.map(({ priority = 0 }) => priority)),
  };
  return {
    ...options,
    manualChunks: undefined,
    advancedChunks: undefined,
    codeSplitting: { ...splitting, groups: [shared, ...others] },
  };
}

const isWhole = ({ inlineDynamicImports, preserveModules }: ChunkOptions): boolean =>
  inlineDynamicImports === true || preserveModules === true;

const optionsOf = (value: unknown): { readonly groups?: readonly Group[] } | undefined =>
  typeof value === 'object' && value !== null ? value : undefined;

/** Of each module that a worker imports: the chunk that it has to be in, if it cannot be in any. */
function chunksOfWorkers(workers: Workers) {
  let chunks: ReadonlyMap<string, string | undefined> | undefined;
  return (graph: ModuleGraph) => {
    chunks ??= findChunks(workers, graph);
    return chunks;
  };
}

function findChunks(workers: Workers, graph: ModuleGraph) {
  const users = new Map<string, string[]>();
  for (const [worker, name] of workers) {
    for (const id of importedBy(worker, graph)) users.set(id, [...(users.get(id) ?? []), name]);
  }
  const isOfServer = (id: string): boolean => {
    const info = graph.getModuleInfo(id);
    if (info === null || info.isEntry) return false;
    return [...info.importers, ...info.dynamicImporters].some((importer) => !users.has(importer));
  };
  // With what they import, which the bundler would put into the same chunk.
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
