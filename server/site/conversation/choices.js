// Which of the choices shown are meant: kb/conversation/choices.py in the browser.

import { plainWords } from "../words.js";

const CHARS = 120; // a longer text points at nothing
const EDGES = /^[ .,!?。，！？、：:()（）"'“”]+|[ .,!?。，！？、：:()（）"'“”]+$/g;
const NUMBERS = new Map([
  ...[..."一二三四五六七八九"].map((sign, at) => [sign, at + 1]),
  ["两", 2],
  ...["first one", "second two", "third three", "fourth four", "fifth five", "sixth six"].flatMap((words, at) =>
    words.split(" ").map((word) => [word, at + 1]),
  ),
  ...["1st", "2nd", "3rd", "4th", "5th"].map((word, at) => [word, at + 1]),
]);
const AND = /和|跟|与|及|、|,|，|&|\+|\/|(?<![a-z])and(?![a-z])/;
const COUNTS = { two: 2, three: 3, 两: 2, 二: 2, 三: 3 };
const POLITE = ["please", "pls", "plz", ""];
const LAST = ["last", "最后", "最末"];

let groups = 0;
/** Return a pattern that gives nothing back of what it took, so that no text is tried in two ways. */
function possessive(source) {
  groups += 1;
  return `(?=(?<p${groups}>${source}))\\k<p${groups}>`;
}

const GAP = possessive("[\\s,，]*");
const SEVERAL = new RegExp(
  `^(?:${possessive(`(?:(?:show me|i want|i'd like|tell me about|the)${possessive("\\s*")})*`)}` +
    "(?:first (?<count>two|three|[23])|both|all)(?: ones?| of them)?(?: please)?" +
    "|我?(?:都|全都?|全部都?)(?:要|想看|看看|说说|讲讲)|全部|前(?<first>[两二三23])个(?:都要|吧|都看看)?)$",
);
const OPENS_HAN = "问的是|那就|那么|应该|选择|选项|问题|想问|想看|再看|我|就|那|是|要|选|看|点|再|还有|嗯|好";
const OPENS_LATIN =
  "i meant|i mean|i'd like|i'd|i'll|i would|i want|it's|it is|choose|pick|take|both|show me|show|option|number|question" +
  "|choice|what about|how about|and|ok|okay|then|hm+|now|let's see|give me|try|go with|the|no\\.?|nr\\.?|#";
const NUMBER = "(?<number>\\d{1,2}|[一二两三四五六七八九]|[a-z]{3,6}|\\d(?:st|nd|rd|th)|最后|最末)";
const CLOSES = "please|pls|plz|thanks|then|too|as well|吧|谢谢|呢|啊|的|也|看看|怎么样";
const WHOLE = new RegExp(
  `^${possessive(`(?:(?:${OPENS_HAN})${GAP})*`)}${possessive(`(?:(?:${OPENS_LATIN})${possessive("[\\s,]*")})*`)}` +
    `(?:第${possessive("\\s*")})?${NUMBER}${possessive("\\s*")}${possessive("(?:一个|个|条|项|种|号|问题)*")}` +
    `${possessive("\\s*")}(?:one|option|choice|question|answer)?${possessive("[\\s,，]*")}` +
    `${possessive(`(?:(?:${CLOSES})${possessive("\\s*")})*`)}$`,
);
const POINTING = [
  new RegExp(
    `^${possessive("(?:问的是|想问的?是?|我|就|是|选|要)*")}(?<words>.+?)(?:的?那个|那一?个|那条|这个)(?:吧|问题|呢)?$`,
  ),
  /^(?:(?:no|i meant|i mean)[, ]+)*the one (?:about|with|on|for|that says) (?<words>.+)$/,
  /^(?:(?:no|i meant|i mean)[, ]+)*the (?<words>.+?) one(?: please)?$/,
];

export class Choices {
  /** Take what reads messages. */
  constructor(reader) {
    this.reader = reader;
  }

  folded(text) {
    return this.reader.folded(text).replace(EDGES, "");
  }

  /** Return the places, from 1, of the choices that a text names by number and says nothing else; none where it does not. */
  numbers(text, choices) {
    if (text.length > CHARS || choices < 1) return [];
    const folded = this.folded(text);
    const several = SEVERAL.exec(folded)?.groups;
    if (several) {
      const word = several.count ?? several.first;
      const count = word === undefined ? choices : (COUNTS[word] ?? Number(word));
      return count > 1 ? Array.from({ length: count }, (_, at) => at + 1) : [];
    }
    const parts = folded.split(AND).map((part) => part.replace(EDGES, ""));
    const naming = parts.filter((part) => !POLITE.includes(part) && !this.reader.talkOf(part));
    const places = naming.map((part) => placeOf(part, choices));
    return places.includes(undefined) ? [] : [...new Set(places)];
  }

  /** Return the place, from 0, of the choice that a text means by its words: its title, or words it alone holds. */
  byWords(text, titles) {
    const folded = this.folded(text);
    const same = titles.findIndex((title) => this.folded(title) === folded);
    if (same >= 0) return same;
    const match = text.length <= CHARS && POINTING.map((pattern) => pattern.exec(folded)).find(Boolean);
    if (!match) return undefined;
    const wordsOf = (each) => new Set(plainWords(this.reader.folded(each)));
    const words = wordsOf(match.groups.words);
    const held = titles.map((title) => [...wordsOf(title)].filter((word) => words.has(word)).length);
    const best = Math.max(0, ...held);
    return best && held.filter((count) => count === best).length === 1 ? held.indexOf(best) : undefined;
  }
}

/** Return the place that a part names; undefined for all else. */
function placeOf(part, choices) {
  const word = WHOLE.exec(part)?.groups.number;
  if (word === undefined) return undefined;
  if (LAST.includes(word)) return choices;
  return /^\d+$/.test(word) ? Number(word) : NUMBERS.get(word);
}
