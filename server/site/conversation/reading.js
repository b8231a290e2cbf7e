// What the words of a message tell, whatever was said before it: kb/conversation/leaning.py, talk.py and tongue.py in the
// browser, over the lists of that room (server/site/talking.py writes them).

import { clean } from "../words.js";
import { plainWords } from "./language.js";
import { endOfOpening, endsIn, lowestRank, ranked } from "./phrases.js";

const SHORT_WORDS = 8; // a pronoun in a longer question usually stands for something in the question itself
const LEANING_CHARS = 300;
const TALK_CHARS = 80;
const OPENINGS = 8;
const HEARD_CHARS = 1_000;
const TONGUE_CHARS = 4_000;
const SENTENCE_WORDS = 3;
const ASKING = ["distress", "person", "insult", "question", "identity"];
const HAN = /[\u3400-\u4dbf\u4e00-\u9fff]/g;
const LATIN = /[a-z0-9_]+(?:['’.+#-]+[a-z0-9_]+)*/g;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const THERE_IS = /(?<![a-z])(?:(?:is|are|was|were) there|there(?:'s| is| are| was| were))(?![a-z])/g;
const ENDING = /呢[^\p{L}\p{N}_]*$/u;
const ASKS = /[?？]|怎么|怎样|如何|什么|为啥|哪|吗|呢|(?<![a-z])(?:how|what|why|where|which|should i|can i)(?![a-z])/;
const OPENING_END = /[\s,.!?;:~，。！？；：、～…]+/g;

/** From standing alone to saying nothing alone. */
export const Leaning = { none: 0, elliptic: 1, referring: 2, empty: 3 };

/** Return the length of a text in lower case in words; two Chinese characters count as one. */
export function lengthInWords(folded) {
  return (folded.match(LATIN)?.length ?? 0) + (folded.match(HAN)?.length ?? 0) / 2;
}

export class Reader {
  /** Take the lists, what simplifies a text, and what says which language a text is in. */
  constructor({ kinds, talk, follow_ups: followUps, languages }, simplify, languageOf) {
    Object.assign(this, { kinds, simplify, languageOf, anywhere: talk.anywhere, followUps });
    const spoken = Object.entries(languages).filter(([code]) => code !== "around" && code !== "refused");
    const ofKinds = kinds.flatMap((kind, rank) => (talk[kind] ? [[rank, talk[kind]]] : []));
    this.narrow = ranked([...ofKinds, [null, talk.fillers]]);
    const asking = ASKING.map((kind) => [kinds.indexOf(kind), talk[kind]]);
    this.wide = ranked([...asking, [null, this.narrow.ranks.keys()], [null, talk.asking_fillers]]);
    const beside = [[null, this.wide.ranks.keys()], [null, followUps.tried]];
    this.repairs = ranked([[0, followUps.repairs], ...beside.map(([rank, phrases]) => [rank, [...phrases]])]);
    this.repairEnds = ranked([[0, followUps.repairs]]);
    this.declined = ranked([[0, followUps.declined], [null, this.wide.ranks.keys()], [null, followUps.tried]]);
    this.changes = ranked([[0, followUps.changes]]);
    this.codes = spoken.map(([code]) => code);
    this.requests = ranked([[null, refused(languages, spoken)], ...spoken.map(([, names], at) => [at, names]), [null, languages.around]]);
    this.patterns = Object.fromEntries(
      ["empty", "pronouns", "conditions", "openings"].map((name) => [name, anyOf(followUps[name])]),
    );
    this.known = new Map();
  }

  /** Return what a message tells; of a short one, as it was read before. */
  read(text) {
    if (text.length > LEANING_CHARS) return new Reading(this, text);
    if (!this.known.has(text)) this.known.set(text, new Reading(this, text));
    return this.known.get(text);
  }

  folded(text) {
    return this.simplify(clean(text).toLowerCase());
  }

  /** As phrases are listed; longer than any row of them where the text is. */
  phrase(text) {
    return this.simplify(clean(text.slice(0, 2 * TALK_CHARS)).toLowerCase().replaceAll("’", "'"));
  }

  /** Return what kind of small talk a text is made of alone; undefined for all else. */
  talkOf(text) {
    const heard = text.slice(0, HEARD_CHARS).toLowerCase();
    if (this.anywhere.some((words) => heard.includes(words))) return "distress";
    const folded = this.phrase(text);
    const found = [lowestRank(folded, this.narrow), lowestRank(folded, this.wide)].filter((rank) => rank !== null);
    return found.length ? this.kinds[Math.min(...found)] : undefined;
  }

  isRepair(text) {
    return lowestRank(this.phrase(text), this.repairs) === 0;
  }

  /** Say whether a text tells something and then that it did not help, and asks nothing. */
  mayBeRepair(text) {
    return endsIn(this.phrase(text), this.repairEnds) && !ASKS.test(text.toLowerCase());
  }

  isRefusal(text) {
    return lowestRank(this.phrase(text), this.declined) === 0;
  }

  languageAskedFor(text) {
    const rank = lowestRank(this.phrase(text), this.requests);
    return rank === null ? "" : this.codes[rank];
  }

  /** Return the language that a text is written in; empty for one that could stand in a conversation in any. */
  ownLanguage(text) {
    const half = TONGUE_CHARS / 2;
    const read = text.length <= TONGUE_CHARS ? text : `${text.slice(0, half)}\n${text.slice(-half)}`;
    if (!/\p{L}/u.test(read)) return "";
    const language = this.languageOf(read);
    if (language !== "en") return language;
    const lines = read.split("\n");
    const isChinese = (line) => (line.match(HAN)?.length ?? 0) >= 2 && this.languageOf(line) === "zh";
    if (lines.length > 1 && lines.some(isChinese)) return "zh";
    return plainWords(read).length >= SENTENCE_WORDS ? language : "";
  }

  leaningOf(text) {
    if (text.length > LEANING_CHARS) return Leaning.none;
    const folded = this.folded(text);
    if (!LETTER_OR_DIGIT.test(folded)) return Leaning.none;
    const { empty, pronouns, conditions, openings } = this.patterns;
    if (!LETTER_OR_DIGIT.test(folded.replace(new RegExp(empty, "g"), ""))) return Leaning.empty;
    if (lengthInWords(folded) > SHORT_WORDS) return Leaning.none;
    const refers = new RegExp(pronouns).test(folded.replace(THERE_IS, " ")) || new RegExp(conditions).test(folded);
    if (refers) return Leaning.referring;
    return new RegExp(`^(?:${openings})`).test(folded) || ENDING.test(folded) ? Leaning.elliptic : Leaning.none;
  }

  /** Return a question without the small talk it begins with. */
  withoutSmallTalk(text) {
    const rest = text.trim();
    let start = 0;
    for (let run = 0; run < OPENINGS; run += 1) {
      const after = this.openingEnd(rest, start);
      if (after === start || !LETTER_OR_DIGIT.test(rest.slice(after))) break;
      start = after;
    }
    return rest.slice(start);
  }

  openingEnd(text, start) {
    for (const { index, 0: stop } of text.slice(start, start + TALK_CHARS).matchAll(OPENING_END)) {
      if (!stop.trim()) continue;
      return this.talkOf(text.slice(start, start + index)) ? start + index + stop.length : start;
    }
    return start;
  }
}

/** One message; each thing is looked for when it is asked for. */
class Reading {
  constructor(reader, text) {
    const asked = reader.withoutSmallTalk(text);
    const end = endOfOpening(asked, reader.changes);
    this.isAnnounced = Boolean(end && asked.slice(end));
    this.own = this.isAnnounced ? asked.slice(end) : asked;
    this.language = reader.ownLanguage(text);
    this.languageAskedFor = reader.languageAskedFor(text);
    this.talk = reader.talkOf(text);
    this.isRepair = reader.isRepair(text);
    this.endsInRepair = reader.mayBeRepair(this.own);
    this.leaning = reader.leaningOf(this.own);
    this.words = lengthInWords(this.own.toLowerCase());
    this.isEmpty = !LETTER_OR_DIGIT.test(this.own);
  }
}

function refused({ refused: words }, spoken) {
  const isAscii = (word) => /^[\x00-\x7f]*$/.test(word);
  return words.flatMap((no) => spoken.flatMap(([, names]) => names.map((name) => (isAscii(no) ? `${no} ${name}` : no + name))));
}

/** Return the pattern of any of some words: whole ones in Latin letters, Chinese ones anywhere. */
function anyOf(words) {
  const longest = [...new Set(words)].sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
  const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const isAscii = (word) => /^[\x00-\x7f]*$/.test(word);
  return longest.map((word) => (isAscii(word) ? `(?<![a-z0-9_'])${escaped(word)}(?![a-z0-9_'])` : word)).join("|");
}
