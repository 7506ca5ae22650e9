import type { LineMember } from './line.ts';

/** Who waits in tests. */
export class Member implements LineMember<Member> {
  previous: Member | undefined;
  next: Member | undefined;
  lane: LineMember<Member>['lane'];
  order = 0;
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly priority: number;

  constructor(id: number, name: string, owner: string, priority = 0) {
    this.id = id;
    this.name = name;
    this.owner = owner;
    this.priority = priority;
  }
}
