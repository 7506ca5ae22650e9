import path from 'node:path';
import { type ParseLimits, UnreadableError } from './parsed-document.ts';
import { readXml, type XmlHandler } from './xml-events.ts';
import { ZipArchive } from './zip-archive.ts';

/** Where a part of an Office document points to. */
export interface Relationship {
  readonly id: string;
  /** The end of its type, such as `header` or `comments`. */
  readonly kind: string;
  /** The name of the part; empty for what lies outside of the document. */
  readonly target: string;
}

export interface DocumentProperties {
  readonly title: string;
  /** Subject, author, keywords, description and category. */
  readonly others: readonly string[];
}

/** A package of Office Open XML: parts in a ZIP archive that point to one another. */
export class OfficePackage {
  readonly archive: ZipArchive;

  private constructor(archive: ZipArchive) {
    this.archive = archive;
  }

  static async open(bytes: Uint8Array, limits: ParseLimits): Promise<OfficePackage> {
    return new OfficePackage(await ZipArchive.open(bytes, limits.maxInflatedBytes));
  }

  /** The name of the part that the package is about. */
  async mainPart(fallback: string): Promise<string> {
    const found = (await this.relationships('')).find(({ kind }) => kind === 'officeDocument');
    const name = found?.target ?? fallback;
    if (!this.archive.has(name)) {
      throw new UnreadableError(
        'damaged',
        'it is not a whole Office document: its text is missing',
      );
    }
    return name;
  }

  /** Walks through a part; false where there is none. */
  async walk(name: string, handler: XmlHandler): Promise<boolean> {
    const bytes = await this.archive.read(name);
    if (bytes === undefined) return false;
    readXml(bytes, handler);
    return true;
  }

  /** @param part The empty string asks for those of the package itself. */
  async relationships(part: string): Promise<readonly Relationship[]> {
    const folder = path.posix.dirname(part);
    const name = path.posix.join(folder, '_rels', `${path.posix.basename(part)}.rels`);
    const found: Relationship[] = [];
    await this.walk(name, {
      open(element, { Id = '', Type = '', Target = '', TargetMode = '' }) {
        if (element !== 'Relationship') return;
        const inside = TargetMode.toLowerCase() !== 'external';
        const target = Target.startsWith('/') ? Target.slice(1) : path.posix.join(folder, Target);
        found.push({
          id: Id,
          kind: Type.slice(Type.lastIndexOf('/') + 1),
          target: inside ? target : '',
        });
      },
    });
    return found;
  }

  async properties(): Promise<DocumentProperties> {
    const related = (await this.relationships('')).find(({ kind }) => kind === 'core-properties');
    const values = new Map<string, string>();
    let name = '';
    await this.walk(related?.target ?? 'docProps/core.xml', {
      open(element) {
        name = element;
      },
      text(text) {
        if (shownProperties.has(name)) values.set(name, (values.get(name) ?? '') + text);
      },
      close() {
        name = '';
      },
    });
    const { title = '', ...others } = Object.fromEntries(values);
    const texts = [...Object.values(others), ...(await this.#ownProperties())];
    return { title: title.trim(), others: texts.filter((text) => text.trim() !== '') };
  }

  /** Those that people have thought of themselves. */
  async #ownProperties(): Promise<readonly string[]> {
    const related = (await this.relationships('')).find(({ kind }) => kind === 'custom-properties');
    const values: string[] = [];
    let isShown = false;
    await this.walk(related?.target ?? 'docProps/custom.xml', {
      open(element, { name = '' }) {
        if (element === 'property') isShown = !ofPrograms.test(name);
        else if (isShown && /^(?:lpwstr|lpstr|bstr)$/.test(element)) values.push('');
      },
      text(text) {
        if (isShown && values.length > 0) values.push(`${values.pop() ?? ''}${text}`);
      },
    });
    return values.map((value) => value.trim()).slice(0, maxOwnProperties);
  }
}

const maxOwnProperties = 200;
/** What servers and programs note for themselves. */
const ofPrograms =
  /^(?:_|MSIP_|ContentTypeId|MediaService|GrammarlyDocumentId|KSOProductBuildVer|ICV|Order|xd_|TemplateUrl)/i;

const shownProperties = new Set('title subject creator keywords description category'.split(' '));
