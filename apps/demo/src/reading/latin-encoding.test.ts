import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { decodeText } from './decode-text.ts';

const western = ['windows-1252', 'iso-8859-15'];
const central = ['windows-1250', 'iso-8859-2'];
const baltic = ['windows-1257', 'iso-8859-13'];

/** Lines as people write them: sentences, titles, names and addresses, with two letters beyond ASCII or more. */
const lines: Readonly<
  Record<string, readonly [encodings: readonly string[], lines: readonly string[]]>
> = {
  Turkish: [
    ['windows-1254', 'iso-8859-9'],
    [
      'Işıkçı sahneyi kontrol etti ve perde seyircilerin önünde açıldı.',
      'Yarın akşam saat sekizde tiyatroda buluşacağız, biletler gişede.',
      'Doğum günün kutlu olsun, sevgili kardeşim!',
      'Sayın müşterimiz, siparişiniz kargoya verilmiştir.',
      'İstanbul Büyükşehir Belediyesi Şehir Tiyatroları',
      'Çığ düştü, yol kapandı.',
      'Dağ başını duman almış',
    ],
  ],
  Polish: [
    central,
    [
      'Kurtyna podniosła się przed widzami, a światła zgasły.',
      'Proszę o przesłanie faktury do końca tygodnia.',
      'Łódź, ul. Piotrkowska 12, środa, godz. 19:30',
      'Zażółć gęślą jaźń',
      'Teatr Wielki ogłasza próbę światła i dźwięku.',
      'Książka nie była droga.',
      'Wesołych Świąt!',
    ],
  ],
  Czech: [
    central,
    [
      'Opona se zvedla před diváky a světla zhasla.',
      'Příliš žluťoučký kůň úpěl ďábelské ódy',
      'Děkujeme za vaši objednávku, zboží odešleme zítra.',
      'Národní divadlo, Praha: večerní představení',
      'Rozpočet na příští rok',
    ],
  ],
  Slovak: [
    central,
    [
      'Opona sa zdvihla pred divákmi a svetlá zhasli, keď začala hudba.',
      'Ďakujeme za vašu objednávku, tovar odošleme zajtra.',
      'Vážený zákazník, účet nájdete v prílohe.',
    ],
  ],
  Hungarian: [
    central,
    [
      'A függöny felment a nézők előtt, és a fények kialudtak.',
      'Köszönjük a megrendelést, a csomagot hétfőn küldjük.',
      'Árvíztűrő tükörfúrógép',
      'Nemzeti Színház, esti előadás, első emelet',
    ],
  ],
  Croatian: [
    central,
    [
      'Zastor se podigao pred gledateljima i svjetla su se ugasila, počinje koncert.',
      'Što će biti sutra, ne može reći nitko.',
      'Poštovani, račun šaljemo sljedeći tjedan.',
    ],
  ],
  Slovenian: [
    central,
    [
      'Zavesa se je dvignila pred gledalci in luči so ugasnile, začelo se je.',
      'Račun vam pošljemo naslednji teden, če želite.',
    ],
  ],
  Romanian: [
    central,
    [
      'Cortina s-a ridicat în faţa spectatorilor şi luminile s-au stins.',
      'Vă mulţumim pentru comandă, factura este ataşată.',
      'Teatrul Naţional Bucureşti, sâmbătă seara',
    ],
  ],
  Lithuanian: [
    baltic,
    [
      'Uždanga pakilo prieš žiūrovus, ir šviesos užgeso.',
      'Dėkojame už užsakymą, prekes išsiųsime rytoj.',
      'Šiaulių dramos teatras, penktadienį vakare',
      'Įmonės sąskaita faktūra',
    ],
  ],
  Latvian: [
    baltic,
    [
      'Priekškars pacēlās skatītāju priekšā, un gaismas nodzisa.',
      'Paldies par pasūtījumu, preces nosūtīsim rīt.',
      'Latvijas Nacionālais teātris, piektdienas vakarā',
      'Rēķins par šo mēnesi',
    ],
  ],
  Estonian: [
    baltic,
    [
      'Eesriie tõusis publiku ees ja tuled kustusid, kui muusika algas.',
      'Täname tellimuse eest, kaup jõuab teieni homme õhtul.',
    ],
  ],
  German: [
    western,
    [
      'Der Vorhang hob sich vor den Zuschauern, und die Lichter gingen über der Bühne aus.',
      'Grüße aus Köln',
      'Straße der Völkerfreundschaft 5, Gießen',
      'Käufer und Verkäufer müssen später noch prüfen.',
    ],
  ],
  French: [
    western,
    [
      'Le rideau s’est levé devant les spectateurs et les lumières se sont éteintes.',
      'Théâtre de l’Odéon, entrée à droite',
      'Où êtes-vous ? Ça va être très drôle !',
      'Le cœur du problème est là.',
      'Éléonore a été reçue à Nîmes.',
      'Règlement intérieur : œuvres prêtées',
    ],
  ],
  Spanish: [
    western,
    [
      'El telón se levantó ante los espectadores y las luces se apagaron.',
      '¿Dónde está el señor Muñoz? ¡Ya llegó!',
      'Años después, la niña volvió a Málaga.',
      'Calle Núñez de Balboa, 3º izquierda',
    ],
  ],
  Portuguese: [
    western,
    [
      'A cortina levantou-se diante dos espectadores e as luzes não se apagaram.',
      'São João, estação de metrô: não há sessões amanhã.',
      'Ação, coração, avó e avô',
    ],
  ],
  Italian: [
    western,
    [
      'Il sipario si è alzato davanti agli spettatori, perché così è più bello.',
      'La città è già piena di novità.',
    ],
  ],
  Catalan: [western, ['El teló es va aixecar davant dels espectadors; això és la funció de demà.']],
  Dutch: [western, ['Het café in België is geopend; de ideeën zijn geëvalueerd.']],
  Swedish: [
    western,
    [
      'Ridån gick upp inför åskådarna och ljuset släcktes.',
      'Västra Götalands län, Göteborg',
      'Räksmörgås på två språk',
    ],
  ],
  Danish: [
    western,
    [
      'Tæppet gik op foran tilskuerne, og lyset blev slukket på scenen, så ingen så noget.',
      'Rødgrød med fløde',
      'Blåbær på øen',
    ],
  ],
  Norwegian: [
    western,
    [
      'Teppet gikk opp foran tilskuerne, og lyset ble slått av på scenen før pausen.',
      'Tromsø, Ålesund og Bodø',
    ],
  ],
  Finnish: [
    western,
    ['Esirippu nousi katsojien edessä, ja valot sammuivat näyttämöllä.', 'Hyvää yötä, äiti'],
  ],
  Icelandic: [
    western,
    [
      'Tjaldið var dregið frá fyrir áhorfendum og ljósin slokknuðu.',
      'Það er gott að sjá þig aftur á sviðinu.',
      'Þjóðleikhúsið í Reykjavík',
      'Góðan daginn, ég heiti Þóra.',
      'Maður veit aldrei hvað verður.',
    ],
  ],
  Albanian: [western, ['Perdja u ngrit përpara shikuesve dhe dritat u fikën në skenë.']],
};

/** What an encoding does not have is no text in it. */
const rows = Object.entries(lines).flatMap(([language, [encodings, texts]]) =>
  encodings.flatMap((encoding) =>
    texts
      .filter((text) => iconv.decode(iconv.encode(text, encoding), encoding) === text)
      .map((text): [string, string, string] => [language, encoding, text]),
  ),
);

test.each(rows)('D2 a line of %s in %s is told: %s', async (_language, encoding, text) => {
  expect(await decodeText(iconv.encode(text, encoding))).toBe(text);
});

/** Systems of old, of whose texts a line says less: their signs are letters elsewhere. */
test.each<[string, string]>([
  ['cp852', 'Kurtyna podniosła się przed widzami, a światła zgasły.'],
  ['cp852', 'Opona se zvedla před diváky, když začala zkouška.'],
  ['cp852', 'A függöny felment a nézők előtt, és a fények kialudtak.'],
  ['cp857', 'Işıkçı sahneyi kontrol etti ve perde seyircilerin önünde açıldı.'],
  ['cp775', 'Uždanga pakilo prieš žiūrovus, ir šviesos užgeso.'],
  ['maccenteuro', 'Kurtyna podniosła się przed widzami, a światła zgasły.'],
  ...[
    'Le régisseur a vérifié l’éclairage, où le décor a été déplacé : ça ira très bien.',
    'Die Gäste hören Schritte über der großen Treppe, und die Bühne wird schöner.',
    'El señor Muñoz llegó después; la función terminó, y el público aplaudió aquí y allá.',
    'A sessão não começou, porque a iluminação está avariada e os atores já saíram.',
    'Þjóðleikhúsið sýnir nýtt verk í kvöld, og það er gott að sjá þig aftur á sviðinu.',
  ].flatMap((text) => ['macintosh', 'cp850'].map((encoding): [string, string] => [encoding, text])),
])('D2 a sentence in %s is told: %s', async (encoding, text) => {
  const bytes = iconv.encode(text, encoding);
  expect(await decodeText(bytes)).toBe(iconv.decode(bytes, encoding));
});

describe('what stands among letters of ASCII alone', () => {
  test.each([
    ['a power behind a unit', 'The room has 25 m² and 60 m³ of air, at 20 °C.'],
    ['a price', 'It costs £5 or ¥700, and that is ±10 %.'],
    ['marks of quotation', 'He said “the curtain” – and then… ‘nothing’.'],
    ['one name', 'The café of Mr. Müller'],
    ['dashes between words', 'Stage—light—sound—props'],
    ['spaces that do not break', 'curtain\u00a0call\u00a0at\u00a0ten'],
    ['a sign at the end', 'Copyright © 2026, all rights reserved. Offstage® is a name.'],
  ])('D2 is Western: %s', async (_name, text) => {
    expect(await decodeText(iconv.encode(text, 'windows-1252'))).toBe(text);
  });

  const sentences: readonly (readonly [string, readonly string[]])[] = [
    [
      'Осветитель проверил сцену, и занавес поднялся.',
      ['windows-1251', 'koi8-r', 'iso-8859-5', 'ibm866'],
    ],
    ['Договор аренды', ['windows-1251']],
    ['Ο φωτιστής έλεγξε τη σκηνή και η αυλαία σηκώθηκε.', ['iso-8859-7', 'windows-1253']],
    ['התאורן בדק את הבמה והמסך עלה מול הקהל', ['iso-8859-8', 'windows-1255']],
    ['فحص عامل الإضاءة المسرح ثم ارتفعت الستارة', ['iso-8859-6', 'windows-1256']],
    ['ผู้ควบคุมแสงตรวจสอบเวทีแล้วม่านก็เปิดขึ้น', ['windows-874']],
    ['照明係が舞台を点検した。幕が上がるのを待っている。', ['shift_jis', 'euc-jp']],
    ['灯光师检查了舞台，帷幕在观众面前升起。', ['gbk']],
    ['燈光師檢查了舞臺，帷幕在觀眾面前升起。', ['big5']],
    ['조명 담당이 무대를 점검했고 막이 관객 앞에서 올라갔다.', ['euc-kr']],
  ];
  test.each(
    sentences.flatMap(([text, encodings]) => encodings.map((encoding) => [encoding, text])),
  )('D2 a sentence of another script stays so, in %s: %s', async (encoding, sentence) => {
    for (const text of [
      `The title of the play is ${sentence}`,
      `# Notes\n\n${sentence} was said on the night of the premiere, and all of the crew heard it.`,
      `name;remark\nopening;${sentence}\nclosing;none\n`,
      `<p>${sentence}</p><style>a{color:red}</style><ul><li>one<li>two</ul><script>var x=y(z);</script>`,
    ]) {
      expect(await decodeText(iconv.encode(text, encoding))).toBe(text);
    }
  });
});

test('D2 a long text in one of these encodings costs no more than its first pages', async () => {
  const text = 'Kurtyna podniosła się przed widzami, a światła zgasły.\n'.repeat(40_000);
  expect(await decodeText(iconv.encode(text, 'windows-1250'))).toBe(text);
});
