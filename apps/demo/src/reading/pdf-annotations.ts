import type { getDocumentProxy } from 'unpdf';

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;
type Page = Awaited<ReturnType<Pdf['getPage']>>;

const hiddenFlag = 2;
const maxNames = 10_000;

/** What stands on a page besides its text: values of fields, comments, and the names of files. */
export async function annotationTexts(page: Page): Promise<readonly string[]> {
  const texts = new Set<string>();
  for (const annotation of await page.getAnnotations()) {
    if (typeof annotation.annotationFlags === 'number' && annotation.annotationFlags & hiddenFlag) {
      continue;
    }
    for (const text of textsOf(annotation)) if (text.trim() !== '') texts.add(text.trim());
  }
  return [...texts];
}

function textsOf(annotation: Readonly<Record<string, unknown>>): string[] {
  const { subtype, fieldType, fieldValue, checkBox, radioButton } = annotation;
  if (subtype === 'Widget') {
    if (annotation.password === true || checkBox === true || radioButton === true) return [];
    if (fieldType === 'Btn') return textIn(annotation.alternativeText);
    return [...textIn(fieldValue), ...choices(annotation)];
  }
  const file = annotation.file as { readonly filename?: unknown } | undefined;
  const contents = annotation.contentsObj as { readonly str?: unknown } | undefined;
  const author = annotation.titleObj as { readonly str?: unknown } | undefined;
  const written = textIn(contents?.str);
  return [
    ...written,
    // A link or a box without words was not written by anybody.
    ...(written.some((text) => text.trim() !== '') ? textIn(author?.str) : []),
    ...(Array.isArray(annotation.textContent) ? [annotation.textContent.join(' ')] : []),
    ...textIn(file?.filename),
  ];
}

/** What a list shows for the value that is chosen. */
function choices({ options, fieldValue }: Readonly<Record<string, unknown>>): string[] {
  if (!Array.isArray(options)) return [];
  const chosen = new Set(Array.isArray(fieldValue) ? fieldValue : [fieldValue]);
  return options
    .filter((option) => chosen.has(option?.exportValue))
    .flatMap((option) => textIn(option?.displayValue));
}

const textIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : Array.isArray(value)
      ? value.filter((each) => typeof each === 'string')
      : [];

/** The names of the files that are attached to the document. */
export async function attachmentNames(pdf: Pdf): Promise<readonly string[]> {
  const attachments: unknown = await pdf.getAttachments();
  if (attachments instanceof Map)
    return [...attachments.values()].flatMap(nameOf).slice(0, maxNames);
  if (typeof attachments !== 'object' || attachments === null) return [];
  return Object.values(attachments).flatMap(nameOf).slice(0, maxNames);
}

const nameOf = (attachment: unknown): string[] =>
  typeof attachment === 'object' && attachment !== null
    ? textIn(Reflect.get(attachment, 'filename'))
    : [];
