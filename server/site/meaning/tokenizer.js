// The encoder's tokenizer: the likeliest split of each word into pieces (Unigram, Kudo 2018), as Python's `tokenizers` does
// it, so that the same text gives the same ids. tests/browser/test_meaning_in_browser.py compares the two.

const SPACE = "▁";
const UNKNOWN_PENALTY = 10; // below the least likely piece, as `tokenizers` and SentencePiece have it
const [BEGIN, END, UNKNOWN] = [0, 2, 3];
const SPECIAL = new Set(["<s>", "<pad>", "</s>", "<unk>", "<mask>"]);
const SPECIAL_TEXT = /(<s>|<pad>|<\/s>|<unk>|<mask>)/;

export class Tokenizer {
  /** Take the pieces and their scores by id, the first four being special. */
  constructor(pieces, scores) {
    this.scores = scores;
    this.ids = new Map(pieces.map((piece, id) => [piece, id]));
    this.longest = pieces.reduce((most, piece) => Math.max(most, piece.length), 1);
    this.unknown = scores.reduce((least, score) => Math.min(least, score)) - UNKNOWN_PENALTY;
  }

  /**
   * Return the ids of a prompt and a text, both normalised, between the special tokens, and which of them are the
   * text's own: not the prompt's.
   */
  encode(prompt, text) {
    const ids = [BEGIN];
    const own = [];
    let end = 0; // of what is read, in the prompt and the text together
    for (const part of (prompt + text).split(SPECIAL_TEXT)) {
      if (SPECIAL.has(part)) ids.push(this.ids.get(part));
      else {
        for (const { 0: word, index } of part.matchAll(/\S+/g)) {
          let at = end + index;
          for (const { id, length } of this.split(SPACE + word)) {
            at += length;
            if (at > prompt.length) own.push(ids.length);
            ids.push(id);
          }
        }
      }
      end += part.length;
    }
    ids.push(END);
    return { ids, own };
  }

  /** Return the likeliest pieces of a word led by a space: the id of each, and how many characters of the word it is. */
  split(word) {
    const best = new Float64Array(word.length + 1).fill(-Infinity);
    const from = new Int32Array(word.length + 1);
    const piece = new Int32Array(word.length + 1);
    best[0] = 0;
    for (let start = 0, step; start < word.length; start += step) {
      step = word.codePointAt(start) > 0xffff ? 2 : 1;
      const reach = (end, score, id) => {
        if (best[start] + score > best[end]) [best[end], from[end], piece[end]] = [best[start] + score, start, id];
      };
      let isKnown = false;
      for (let end = start + step; end <= Math.min(word.length, start + this.longest); end += 1) {
        const id = this.ids.get(word.slice(start, end));
        if (id === undefined) continue;
        reach(end, this.scores[id], id);
        isKnown ||= end === start + step;
      }
      if (!isKnown) reach(start + step, this.unknown, UNKNOWN);
    }
    return this.path(from, piece);
  }

  path(from, piece) {
    const found = [];
    for (let end = from.length - 1; end > 0; end = from[end]) {
      const [last] = found;
      const length = end - from[end] - (from[end] === 0 ? 1 : 0); // the leading space is no character of the word
      if (last?.id === UNKNOWN && piece[end] === UNKNOWN) last.length += length;
      else found.unshift({ id: piece[end], length });
    }
    return found;
  }
}
