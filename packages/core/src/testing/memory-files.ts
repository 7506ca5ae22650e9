import { change, joined, newDirectory, newFile, newOther } from './memory-disk.ts';
import { addNode, failed, findNode, type Machine, placeOf, removeNode } from './memory-machine.ts';
import type { SuiteFiles } from './suite-files.ts';

/** A simulated disk behind the protocol's back. What is done here is not synced. */
export const filesOf = (machine: Machine): SuiteFiles => ({
  write(path, content) {
    const { above, name } = placeOf(machine, path);
    const chunks = content === '' ? [] : [new TextEncoder().encode(content)];
    const node = above.entries.get(name);
    if (node?.kind === 'file') {
      node.chunks = chunks;
      node.revision += 1;
    } else {
      change(above, { added: [name, newFile(chunks)] });
    }
  },
  read(path) {
    const node = findNode(machine, path);
    return node?.kind === 'file' ? new TextDecoder().decode(joined(node.chunks)) : undefined;
  },
  makeDirectory: (path) => void addNode(machine, path, newDirectory()),
  link(existing, path) {
    const node = findNode(machine, existing);
    if (node?.kind !== 'file') throw failed(`${existing} is no file.`);
    if (addNode(machine, path, node)) node.links += 1;
  },
  symlink: (path) => void addNode(machine, path, newOther('symlink')),
  special: (path) => void addNode(machine, path, newOther('special')),
  remove: (path) => removeNode(machine, path),
  list(path) {
    const node = findNode(machine, path);
    return node?.kind === 'directory' ? [...node.entries.keys()] : [];
  },
});
