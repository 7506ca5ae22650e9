/** @typedef {{ id: string, state: string, rule: string, spec: string }} Rule */
/** @typedef {{ ids: string[], title: string, file: string }} Test */

const ruleRow = /^\| ([A-Z]\d+) \| (\w+) \| (.*) \|$/gm;
const requirementRow = /^\| (FR-\d+) \| (.*?) \| (.*) \|$/gm;
const testTitle = /\b(?:test|it)(?:\.\w+(?:\([^()]*\))?)*\(\s*(['"`])([A-Z]\d+[\s\S]*?)\1/g;

/** The rules of all specifications, in the order of their files and rows. @returns {Rule[]} */
export function parseRules(specs) {
  return specs.flatMap(({ file, text }) =>
    [...text.matchAll(ruleRow)].map(([, id, state, rule]) => ({ id, state, rule, spec: file })),
  );
}

/** The tests whose titles begin with rule ids: `J5 J7 a late cancel …`. @returns {Test[]} */
export function collectTests(sources) {
  return sources.flatMap(({ file, text }) =>
    [...text.matchAll(testTitle)].map(([, , full]) => {
      const words = full.replace(/\s+/g, ' ').split(' ');
      const first = words.findIndex((word) => !/^[A-Z]\d+[,:]?$/.test(word));
      const ids = words
        .slice(0, first === -1 ? words.length : first)
        .map((id) => id.replace(/\W/, ''));
      return { ids, title: words.join(' '), file };
    }),
  );
}

/** What is wrong, as sentences: rules without tests, tests of unknown rules, unknown states. */
export function shortcomings(rules, tests) {
  const known = new Map(rules.map((rule) => [rule.id, rule]));
  const tested = new Set(tests.flatMap(({ ids }) => ids));
  const problems = [];
  if (known.size !== rules.length) problems.push('A rule id stands twice in docs/specs.');
  for (const { id, state, spec } of rules) {
    if (!['implemented', 'planned'].includes(state)) {
      problems.push(`${spec}: ${id} is "${state}"; a rule is "implemented" or "planned".`);
    }
    if (state === 'implemented' && !tested.has(id)) {
      problems.push(`${spec}: ${id} is called implemented and no test's title begins with it.`);
    }
  }
  for (const { ids, title, file } of tests) {
    for (const id of ids) {
      if (!known.has(id)) problems.push(`${file}: "${title}" names ${id}, which is no rule.`);
    }
  }
  return problems;
}

/** The page, from requirements down to tests. */
export function render(rules, tests, specs) {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const lines = [
    '# Traceability',
    '',
    'From requirement to rule to test. Made by `npm run traceability` from `docs/specs` and the titles',
    'of the tests; not edited by hand.',
    '',
    '| requirement | what | state | rules |',
    '|---|---|---|---|',
  ];
  for (const { text } of specs) {
    for (const [, id, what, list] of text.matchAll(requirementRow)) {
      const named = expandRules(list);
      const open = named.filter((rule) => byId.get(rule)?.state !== 'implemented');
      const state = open.length === 0 ? 'implemented' : `planned (open: ${open.join(', ')})`;
      lines.push(`| ${id} | ${what} | ${state} | ${list} |`);
    }
  }
  for (const spec of new Set(rules.map((rule) => rule.spec))) {
    const name = spec.replace(/^docs\//, '');
    lines.push('', `## [${name}](${name})`, '', '| rule | state | tests |', '|---|---|---|');
    for (const rule of rules.filter((candidate) => candidate.spec === spec)) {
      const own = tests.filter(({ ids }) => ids.includes(rule.id));
      const cell = own.map(
        ({ title, file }) => `${escapeCell(title)} ([${shorten(file)}](../${file}))`,
      );
      lines.push(`| ${rule.id} | ${rule.state} | ${cell.join('<br>') || '–'} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** `J1 to J3, P1` as `J1, J2, J3, P1`. */
export function expandRules(list) {
  return list.split(',').flatMap((part) => {
    const range = /^\s*([A-Z])(\d+) to [A-Z](\d+)\s*$/.exec(part);
    if (range === null) return [part.trim()];
    const [, letter, from, to] = range;
    return Array.from(
      { length: Number(to) - Number(from) + 1 },
      (_, i) => `${letter}${Number(from) + i}`,
    );
  });
}

const escapeCell = (text) => text.replace(/\|/g, '\\|').replace(/</g, '&lt;');
const shorten = (file) => file.replace(/^.*\//, '');
