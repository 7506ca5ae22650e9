import type { TestProject } from 'vitest/node';

export default function setup(project: TestProject): void {
  project.provide('bedPort', 1);
}

declare module 'vitest' {
  export interface ProvidedContext {
    bedPort: number;
  }
}
