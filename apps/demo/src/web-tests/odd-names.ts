/** Names that a page has to stand. */
export const oddNames: readonly string[] = [
  'rehearsal-notes-of-the-whole-company-for-the-spring-season-2026-second-revision-final.docx',
  '<img src=x onerror=alert(1)>.html',
  'תוכנית הערב של התיאטרון העירוני לעונת האביב אלפיים עשרים ושש.pdf',
  'season/spring/week-12/monday/stage-left/prompt-desk/annotated/act-two-scene-three.md',
  'برنامج المساء.txt',
  `${'unbroken'.repeat(12)}.txt`,
  '舞台監督のための照明と音響の合図に関する長い長い覚え書きと注釈その二.md',
];
