import { strictly } from './strict-decoder.ts';

/** Names of the Korean encoding that composes each syllable of five bits for each of its letters. */
export const isJohab = (name: string | undefined): boolean =>
  /^(?:x-)?(?:johab|cp1361|ms1361|windows-1361|ks_?c_?5601-1992)$/i.test(name ?? '');

const none = -1;
const fill = -2;
/** Where the letters of five bits lie among those of Unicode's syllables, and where gaps are. */
const initials = Array.from({ length: 32 }, (_, code) =>
  code === 1 ? fill : code >= 2 && code <= 20 ? code - 2 : none,
);
const medials = Array.from({ length: 32 }, (_, code) => {
  if (code === 2) return fill;
  if (code < 3 || code > 29 || code % 8 < 2) return none;
  return code < 8 ? code - 3 : code < 16 ? code - 5 : code < 24 ? code - 7 : code - 9;
});
const finals = Array.from({ length: 32 }, (_, code) =>
  code === 1 ? 0 : code >= 2 && code <= 29 && code !== 18 ? code - (code < 18 ? 1 : 2) : none,
);

/** The text; `undefined` where the bytes are not possible. */
export function decodeJohab(bytes: Uint8Array): string | undefined {
  let text = '';
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    at += 1;
    const trail = bytes[at] ?? 0;
    const one = lead < 0xd9 ? syllableOf((lead << 8) | trail) : characterOf(lead, trail);
    if (one === undefined) return undefined;
    text += one;
  }
  return text;
}

function syllableOf(code: number): string | undefined {
  const initial = initials[(code >> 10) & 31] ?? none;
  const medial = medials[(code >> 5) & 31] ?? none;
  const final = finals[code & 31] ?? none;
  if (initial === none || medial === none || final === none) return undefined;
  if (initial >= 0 && medial >= 0)
    return String.fromCharCode(0xac00 + (initial * 21 + medial) * 28 + final);
  // Letters by themselves, as their conjoining forms; folding makes all forms one.
  const letters = [
    initial >= 0 ? 0x1100 + initial : 0,
    medial >= 0 ? 0x1161 + medial : 0,
    final > 0 ? 0x11a7 + final : 0,
  ].filter((letter) => letter > 0);
  return letters.length === 0 ? undefined : String.fromCharCode(...letters);
}

/** Signs and Chinese characters lie in the order of KS X 1001, two of its rows in one. */
function characterOf(lead: number, trail: number): string | undefined {
  if (lead === 0xdf || lead > 0xf9 || trail < 0x31 || trail === 0x7f || trail > 0xfe) {
    return undefined;
  }
  if (trail > 0x7e && trail < 0x91) return undefined;
  const row = lead < 0xe0 ? 2 * (lead - 0xd9) : 2 * lead - 0x197;
  const cell = trail < 0x91 ? trail - 0x31 : trail - 0x43;
  const isSecond = cell >= 0x5e;
  const one = strictly(
    Uint8Array.of(row + (isSecond ? 1 : 0) + 0xa1, cell - (isSecond ? 0x5e : 0) + 0xa1),
    'euc-kr',
  );
  // Some signs came later, and the runtime has not all of them.
  return one ?? '\ufffd';
}

/** Syllables of which a third of any Korean text consists. */
const usual =
  /[이다는에을의가고하를기지사도은로리대들어니인한나시자서해일그라있았었것수정으부아보스게여과전]/g;

/** Whether bytes that name no encoding read as Korean in this one. */
export function isLikeJohab(sample: Uint8Array): boolean {
  // The end of the sample may part a syllable.
  const text = decodeJohab(sample) ?? decodeJohab(sample.subarray(0, -1));
  const syllables = text?.match(/[가-힣]/g)?.length ?? 0;
  const beyond = text?.match(/[^\0-\x7f]/g)?.length ?? 0;
  const common = text?.match(usual)?.length ?? 0;
  return syllables > 1 && syllables >= beyond * 0.7 && common >= syllables * 0.3;
}
