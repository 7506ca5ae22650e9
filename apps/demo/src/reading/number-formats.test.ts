import { expect, test } from 'vitest';
import { xlsxOf } from '../testing/packages.ts';
import { textOf } from '../testing/parsing.ts';
import { numberFormat } from './number-formats.ts';

test.each<[number, string, string | undefined]>([
  [0.825, '0.0%', '82.5%'],
  [0.00106147, '0.00%', '0.11%'],
  [0.5, '0 %', '50 %'],
  [12345.5, '"£"#,##0.00', '£12,345.50 (12345.5)'],
  [12345.5, '#,##0.00\\ [$€-407]', '12,345.50 € (12345.5)'],
  [-3.149, '0.00', '-3.15'],
  [-1250, '#,##0;[Red](#,##0)', '(1,250) (-1250)'],
  [0, '0;-0;"none"', 'none'],
  [3, ';;;', undefined],
  [12, '0" pcs"', '12 pcs'],
  [7, '"No. "000', 'No. 007'],
  [2500000, '0.0,,"M"', '2.5M'],
  [5, '_-* #,##0.00\\ "zł"_-', '5.00 zł'],
  [5, 'General', undefined],
  [5, '@', undefined],
  [5, '0.00E+00', undefined],
  [0.5, '# ?/?', undefined],
  [150, '[>100]"many";0', 'many'],
  [50, '[>100]"many";0', '50'],
  [-3, '[<0]-0.0;0', '-3.0'],
  [-3, '[<5]0.0;0', '-3.0'],
  [5551234, '000\\-0000', '555-1234 (5551234)'],
  [301234567, '000\\-0000000', '030-1234567 (301234567)'],
  [4930123456, '(###) ###\\-###', '(4930) 123-456 (4930123456)'],
  [5, '@" pcs"', '5 pcs'],
])('D2 %d as %j is shown as %j', (value, code, shown) => {
  expect(numberFormat(code)(value)).toBe(shown);
});

test('D2 numbers of a workbook are as its cells show them', async () => {
  const sheet = xlsxOf(
    '<row><c s="1"><v>0.25</v></c><c s="2"><v>1234.5</v></c><c s="0"><v>0.1</v></c><c s="3"><v>3</v></c></row>',
    {
      'xl/styles.xml':
        '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="&quot;CHF &quot;#,##0.00"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="164"/><xf numFmtId="2"/></cellXfs></styleSheet>',
    },
  );
  expect(await textOf(sheet, '.xlsx')).toContain('25% | CHF 1,234.50 (1234.5) | 0.1 | 3.00');
});

test('D2 characters that a workbook escapes are themselves', async () => {
  const sheet = xlsxOf('<row><c t="s"><v>0</v></c><c t="str"><v>snake_case_x</v></c></row>', {
    'xl/sharedStrings.xml': '<sst><si><t>one_x000D_\ntwo _x005F_x000D_</t></si></sst>',
  });
  expect(await textOf(sheet, '.xlsx')).toContain('one two _x000D_ | snake_case_x');
});

test.each([
  ['d. mmmm yyyy', '2026-01-31 (January)'],
  ['[$-407]dddd, d. mmmm yyyy', '2026-01-31 (Samstag Januar)'],
  ['[$-F800]dddd\\, mmmm dd', '2026-01-31 (Saturday January)'],
  ['[$-0419]mmmm', '2026-01-31 (январь)'],
  ['d.m.yy', '2026-01-31'],
  ['[h]:mm', '1105272:00'],
  ['"mmmm" d.m.', '2026-01-31'],
])('D2 a date as %j has the names that it shows', async (code, shown) => {
  const sheet = xlsxOf('<row><c s="0"><v>46053</v></c><c t="str"><v>end</v></c></row>', {
    'xl/styles.xml': `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="${code.replaceAll('"', '&quot;')}"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs></styleSheet>`,
  });
  expect(await textOf(sheet, '.xlsx')).toContain(`${shown} | end`);
});
