// Answers while the reader types; the form works without it.
// Every text and limit comes from the page (`data-live`) or the widget.

const DEBOUNCE_MS = 120; // between two letters of a fast typist; longer is felt as waiting
const SLOW_MS = 600; // an answer takes about 20; from here silence would look like a failure
const ANNOUNCE_MS = 500; // a screen reader hears counts once the reader pauses, not at every letter
const CHOICES = 3; // as the page asks for
// Of this knowledge base alone, where a server has several, each below a path.
const RECENT_KEY = `faq-recent${new URL("..", import.meta.url).pathname.replace(/^\/$/, "")}`;
const RECENT_MAX = 8;
const SVG = "http://www.w3.org/2000/svg";
const JSON_ONLY = { "Content-Type": "application/json", Accept: "application/json" };

/** Return an element; what is text stays text, and what is empty is left out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

/** Put values in the places of a text: `{count}`. */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Parse a page of the server; a page that demands Trusted Types allows the policy `faq`. */
let policy;
function parsedPage(html) {
  policy ??= globalThis.trustedTypes?.createPolicy("faq", { createHTML: (text) => text }) ?? { createHTML: (text) => text };
  return new DOMParser().parseFromString(policy.createHTML(html), "text/html");
}

/** Return the nodes of HTML that the server sanitised when it was ingested. Never for what a reader wrote. */
function storedNodes(html, { pictures, adapt }) {
  const parsed = parsedPage(html);
  for (const picture of parsed.querySelectorAll('img[src^="/pictures/"]')) {
    picture.setAttribute("src", picture.getAttribute("src").replace("/pictures/", () => pictures));
  }
  adapt?.(parsed); // before the import, which starts to load pictures
  return document.importNode(parsed.body, true).childNodes;
}

// Ranges of the sentences that answer: the stored nodes stay as they are, and older browsers show no mark.
const telling = globalThis.CSS?.highlights && new Highlight();
if (telling) CSS.highlights.set("telling", telling);

const asked = globalThis.CSS?.highlights && new Highlight();
if (asked) CSS.highlights.set("asked", asked);

/** As server/answering/marking.py. */
function markAsked(root, question, { common, marked_words }) {
  const words = (question.toLowerCase().match(/[a-z0-9_]{3,}|[\u3400-\u9fff]{2,}/g) ?? [])
    .flatMap((run) => (run < "\u3400" ? run : Array.from(run.slice(1), (sign, at) => run[at] + sign)))
    .filter((word) => !common.includes(word))
    .slice(0, marked_words);
  for (const { firstChild: node } of root.querySelectorAll(".choice, .snippet")) {
    const text = node.data.toLowerCase();
    for (const word of text.length === node.length ? words : []) {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
        if (word < "\u3400" && /[\p{L}\p{N}]/u.test(text[at - 1] ?? "")) continue;
        const place = { startContainer: node, startOffset: at, endContainer: node, endOffset: at + word.length };
        asked.add(new StaticRange(place));
      }
    }
  }
}

/** Mark a sentence of the plain text in the HTML it was made from: the same letters, other blanks. */
function markSentence(root, sentence) {
  const wanted = sentence.replace(/\s/g, "");
  const places = [];
  let letters = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const { 0: letter, index } of node.data.matchAll(/\S/g)) {
      letters += letter;
      places.push({ node, index });
    }
  }
  const start = letters.indexOf(wanted);
  if (!telling || !wanted || start < 0) return;
  const [first, last] = [places[start], places[start + wanted.length - 1]];
  // Static: a live range collapses when its card leaves the page, and cards come back.
  const from = { startContainer: first.node, startOffset: first.index };
  telling.add(new StaticRange({ ...from, endContainer: last.node, endOffset: last.index + 1 }));
}

/** The questions asked in this browser, newest first. They never leave it; where storage is refused there are none. */
const recent = {
  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(RECENT_KEY));
      return Array.isArray(kept) ? kept.filter((question) => typeof question === "string").slice(0, RECENT_MAX) : [];
    } catch {
      return [];
    }
  },
  write(questions) {
    try {
      localStorage.setItem(RECENT_KEY, JSON.stringify(questions.slice(0, RECENT_MAX)));
    } catch {
      // Refused or full: the search works, it only remembers nothing.
    }
  },
  add(question) {
    recent.write([question, ...recent.read().filter((other) => other !== question)]);
  },
  remove(question) {
    recent.write(recent.read().filter((other) => other !== question));
  },
};

/** What is drawn: the parts of the server's pages, made of the same classes. */
class Drawing {
  constructor(settings) {
    this.settings = settings;
    this.texts = settings.texts;
  }

  /** Return the address of an answer; with a question a server's page says how well it answers that. */
  address(id, question) {
    const path = this.settings.answers + id.split("/").map(encodeURIComponent).join("/");
    return this.withQuestion(path, !this.settings.answerer && question);
  }

  /** Return a path with what every address of the page carries, and with a question where there is one. */
  withQuestion(path, question) {
    const query = new URLSearchParams({ ...this.settings.parameters, ...(question && { q: question }) });
    return path + (query.size ? `?${query}` : "");
  }

  sureness(confidence) {
    const { levels, confidence: pattern } = this.texts;
    const level = levels.find(({ from }) => confidence >= from);
    // As wording.percent: neither certain nor impossible.
    const shown = Math.min(Math.max(Math.round(confidence * 100), 1), 99) / 100;
    const number = new Intl.NumberFormat(this.settings.language, { style: "percent" }).format(shown);
    const percent = confidence < 0.01 ? `<${number}` : number;
    const bar = document.createElementNS(SVG, "svg");
    bar.setAttribute("class", `bar bar-${level.name}`);
    bar.setAttribute("viewBox", "0 0 100 8");
    bar.setAttribute("preserveAspectRatio", "none");
    bar.setAttribute("aria-hidden", "true");
    const filling = bar.appendChild(document.createElementNS(SVG, "rect"));
    filling.setAttribute("width", Math.round(confidence * 100));
    filling.setAttribute("height", 8);
    return element("span", { class: "sureness" }, bar, filled(pattern, { word: level.word, percent }));
  }

  /** As server/answering/topics.py. */
  topic({ path, section }) {
    const titles = section.map((title) => title.replace(/[^\p{L}\p{N}_.-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, ""));
    const steps = [...path.replace(/\.[^./]+$/, "").split("/"), ...titles.filter(Boolean)];
    return this.withQuestion(this.settings.topics + steps.map(encodeURIComponent).join("/"));
  }

  /** An option is a link, so that a middle click, a long press and a context menu do what they do on links. */
  option(hit, position, question, isSure) {
    const named = { id: `hit-${position}`, class: "hit", role: "option", tabindex: "-1", "aria-selected": "false" };
    return element(
      "a",
      { ...named, href: this.address(hit.id, question), lang: hit.language, dir: "auto" },
      element("span", { class: "choice" }, hit.question),
      hit.highlight?.text && element("span", { class: "snippet" }, hit.highlight.text),
      isSure && this.sureness(hit.confidence),
    );
  }

  card(hit, question, heading) {
    const answer = element("div", { class: "answer", lang: hit.language, dir: "auto" });
    answer.append(...storedNodes(hit.answer_html, this.settings));
    markSentence(answer, hit.highlight.text);
    const title = element("a", { href: this.address(hit.id, question) }, hit.question);
    return element(
      "article",
      { class: "card" },
      element("header", {}, element("p", { class: "state state-yes" }, heading), this.sureness(hit.confidence)),
      element("h2", { lang: hit.language, dir: "auto" }, title),
      answer,
      hit.checks.length > 0 && this.checks(hit),
      this.source(hit),
    );
  }

  checks(hit) {
    const scripts = hit.checks.map(({ id, title, titles, command, url, sha256, evidence }) => {
      const download = element("a", { href: url, download: "" }, filled(this.texts.download, { file: `${id}.py` }));
      const digest = element("span", { class: "digest", title: `sha256 ${sha256}` }, `sha256 ${sha256.slice(0, 12)}…`);
      const run = element("p", {}, element("code", {}, command), " ", download, " ", digest);
      const translated = titles[hit.language];
      return element("li", {}, element("p", { lang: translated && hit.language }, translated ?? title), run, ...this.evidence(evidence));
    });
    return element(
      "section",
      { class: "checks" },
      element("h3", {}, this.texts.checks),
      element("p", { class: "hint" }, this.texts.checks_hint),
      element("ul", {}, ...scripts),
    );
  }

  evidence(told) {
    const line = (run, text, kind) => {
      if (!run) return false;
      const parts = Object.entries(run.on).map(([name, version]) => (name === "system" ? version : `${name} ${version}`));
      return element("p", { class: kind }, filled(text, { day: run.at.slice(0, 10), versions: parts.join(", ") }));
    };
    const { check_failed, check_passed } = this.texts;
    return [
      line(told?.failed, check_failed, "evidence stale"),
      line(told?.passed, check_passed, "evidence"),
    ].filter(Boolean);
  }

  source({ id, language, source }) {
    const title = source.section.at(-1) ?? source.path.split("/").at(-1).replace(/\.[^.]+$/, "");
    // The file is for whoever maintains it.
    const named = { class: "trail", lang: language, title: filled(this.texts.source, source) };
    return element(
      "p",
      { class: "source" },
      element("a", { ...named, href: source.topic ?? this.topic(source) }, title),
      element("a", { class: "permanent", href: this.address(id) }, this.texts.permanent),
    );
  }

  message(title, ...hints) {
    return [element("h2", {}, title), ...hints.filter(Boolean).map((hint) => element("p", { class: "hint" }, hint))];
  }

  recent(questions) {
    const { recent: title, recent_hint, forget, forget_all } = this.texts;
    const label = (question) => filled(forget, { question });
    const items = questions.map((question) =>
      element(
        "li",
        {},
        element("button", { type: "button", class: "again-ask", dir: "auto", "data-ask": question }, question),
        element("button", { type: "button", class: "forget", "data-forget": question, "aria-label": label(question) }, "×"),
      ),
    );
    const clear = element("button", { type: "button", class: "quiet", "data-forget-all": "" }, forget_all);
    return [
      element("div", { class: "recent-head" }, element("h2", {}, title), clear),
      element("p", { class: "hint" }, recent_hint),
      element("ul", { class: "recent" }, ...items),
    ];
  }
}

/** The search box: a combobox whose listbox lies in the page below it, so that it never hides the answer. */
export class SearchBox {
  constructor(form, settings) {
    this.form = form;
    this.root = form.getRootNode();
    this.input = form.elements.q;
    this.settings = settings;
    this.texts = this.settings.texts;
    this.drawing = new Drawing(this.settings);
    this.served = this.root.querySelector("[data-served]");
    // Another page keeps its own address, the permanent one of its answer.
    this.ownsAddress = this.served !== null;
    this.committed = this.question;
    this.shown = null;
    this.hits = [];
    this.active = -1;
    this.composing = false;
    this.spells = false;
    this.build();
    this.listen();
    if (this.root.activeElement === this.input) this.focused();
    if (this.settings.answerer) this.restored(); // nobody answered `?q=` before the page came
  }

  get question() {
    return this.input.value.trim();
  }

  get expanded() {
    return !this.list.hidden;
  }

  build() {
    this.head = element("div", { class: "live-head" });
    const named = { id: "hits", class: "hits", role: "listbox", "aria-label": this.texts.results };
    this.list = element("div", { ...named, hidden: "" });
    this.keys = element("p", { class: "keys", "aria-hidden": "true", hidden: "" }, this.texts.keys);
    this.body = element("div", { class: "live-body" });
    this.live = element("div", { class: "live", hidden: "" }, this.head, this.list, this.keys, this.body);
    this.notice = element("p", { class: "notice", "aria-hidden": "true" });
    this.status = element("p", { class: "unseen", role: "status" });
    this.form.closest("search").after(this.status, this.live);
    this.form.append(this.notice);
    const combobox = { role: "combobox", dir: "auto", "aria-autocomplete": "list", "aria-expanded": "false" };
    const more = { "aria-controls": "hits", "aria-keyshortcuts": "/ Control+K Meta+K" };
    for (const [name, value] of Object.entries({ ...combobox, ...more })) this.input.setAttribute(name, value);
  }

  listen() {
    const { input, form, list, live } = this;
    input.addEventListener("input", (event) => this.typed(event));
    input.addEventListener("compositionstart", () => {
      this.composing = true;
      if (!this.spells) this.cancel();
    });
    input.addEventListener("compositionend", () => {
      this.composing = false;
      this.changed();
    });
    input.addEventListener("keydown", (event) => {
      // Keyboards of phones compose every word, and name no key; an input method on a desk names its own.
      this.spells = event.key === "Unidentified" && !navigator.languages.some((name) => /^(zh|ja|ko)/i.test(name));
      this.pressed(event);
    });
    input.addEventListener("focus", () => this.focused());
    form.addEventListener("submit", (event) => this.submitted(event));
    list.addEventListener("mousedown", (event) => event.button === 0 && event.preventDefault());
    list.addEventListener("click", (event) => this.opened(event.target));
    list.addEventListener("auxclick", (event) => event.button === 1 && this.opened(event.target));
    live.addEventListener("click", (event) => this.clicked(event.target));
    live.addEventListener("keydown", (event) => event.key === "Escape" && input.focus());
    this.root.addEventListener("keydown", (event) => this.shortcut(event));
    window.addEventListener("popstate", () => this.restored());
    window.addEventListener("online", () => live.dataset.state === "offline" && this.askNow());
  }

  // What the reader does

  /** Hold back while an input method makes a word of what is typed, not while a keyboard spells one. */
  typed(event) {
    const composes = event.isComposing || this.composing;
    const spells = this.spells && !/[\u1100-\u11ff\u3040-\u318f\u3400-\u9fff\uac00-\ud7af]/.test(event.data ?? "");
    if (!composes || spells) this.changed();
  }

  changed() {
    this.cancel();
    this.activate(-1);
    this.live.dataset.state = "typing";
    if (!this.question) {
      this.addressTyped();
      this.showEmpty();
    } else if (this.question === this.shown) {
      this.live.dataset.state = this.shownState;
      this.addressTyped();
    } else {
      this.timer = setTimeout(() => this.askNow(), DEBOUNCE_MS);
    }
  }

  pressed(event) {
    if (event.isComposing || event.keyCode === 229) return; // the key belongs to the input method
    const last = this.hits.length - 1;
    const isActive = this.active >= 0;
    if (event.key === "ArrowDown") this.arrow(this.active < last ? this.active + 1 : 0);
    else if (event.key === "ArrowUp") this.arrow(this.active > 0 ? this.active - 1 : last);
    else if (event.key === "Home" && isActive) this.activate(0);
    else if (event.key === "End" && isActive) this.activate(last);
    else if (event.key === "Enter" && isActive) this.open(event.shiftKey || event.ctrlKey || event.metaKey);
    else if (event.key === "Escape") this.escape();
    else {
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.activate(-1);
      return;
    }
    event.preventDefault();
  }

  arrow(position) {
    if (this.hits.length && this.shown === this.question) {
      this.expand(true);
      this.activate(position);
    } else if (this.answered) this.answered.place.querySelector("h2 a").focus();
    else if (this.question) this.askNow();
    else this.body.querySelector("[data-ask]")?.focus();
  }

  escape() {
    this.cancel(); // or its reply would open the list again
    if (this.expanded) this.expand(false);
    else if (this.input.value) {
      this.input.value = "";
      this.changed();
    }
  }

  open(inNewTab) {
    const option = this.list.children[this.active];
    if (!inNewTab) return option.click();
    this.opened(option);
    window.open(option.href, "_blank", "noopener");
  }

  /** A choice is opened: keep the question, and tell the server which record its readers want. */
  opened(target) {
    this.commit();
    const option = target.closest("[role=option]");
    const id = option ? this.hits[[...this.list.children].indexOf(option)].id : this.answered?.record;
    if (!id || !this.token) return;
    // Kept alive, because the page is about to go; a count that is lost is lost.
    const body = { answer_token: this.token, record_id: id };
    this.post(this.settings.clicks, body, { keepalive: true }).catch(() => {});
  }

  submitted(event) {
    if (this.composing) return event.preventDefault();
    if (!this.question) return;
    this.commit();
    if (!this.ownsAddress && this.root === document) return;
    event.preventDefault();
    if (this.question !== this.shown) this.askNow();
  }

  focused() {
    if (this.settings.answerer) this.answerer().then(({ prepare }) => prepare?.(this), () => {});
    if (!this.question) this.showEmpty();
  }

  /** A site without a server answers by itself; its module comes with the first look at the box. */
  answerer() {
    return import(this.settings.answerer);
  }

  clicked(target) {
    if (target.closest(".card h2 a")) return this.opened(target);
    const { ask, forget, forgetAll, retry } = target.closest("button")?.dataset ?? {};
    if (ask !== undefined) this.replaceQuestion(ask);
    else if (retry !== undefined) this.askNow();
    else if (forgetAll !== undefined) recent.write([]);
    else if (forget !== undefined) recent.remove(forget);
    else return;
    if (forget === undefined && forgetAll === undefined) return this.input.focus();
    this.showEmpty();
    (this.body.querySelector("[data-forget]") ?? this.input).focus();
  }

  replaceQuestion(question) {
    this.input.value = question;
    this.commit();
    this.askNow();
  }

  shortcut(event) {
    if (event.isComposing || event.altKey) return;
    const held = event.ctrlKey || event.metaKey;
    const isWriting = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (held ? event.key.toLowerCase() !== "k" || event.shiftKey : event.key !== "/" || isWriting) return;
    event.preventDefault();
    this.input.focus();
    this.input.select();
  }

  // Addresses

  address(question) {
    return this.drawing.withQuestion(this.form.action.split("?")[0], question);
  }

  title(question) {
    document.title = question ? `${question.slice(0, 60)} · ${this.texts.site}` : this.texts.site;
  }

  addressTyped() {
    if (!this.ownsAddress) return;
    try {
      history.replaceState(null, "", this.address(this.question));
    } catch {
      return; // browsers limit how often; the next pause sets it
    }
    this.title(this.question);
  }

  /** Keep the question: one step in the history, whatever was typed on the way, and one recent question. */
  commit() {
    const { question } = this;
    if (!question) return;
    recent.add(question);
    if (!this.ownsAddress || question === this.committed) return;
    history.replaceState(null, "", this.address(this.committed));
    history.pushState(null, "", this.address(question));
    this.title(question);
    this.committed = question;
  }

  restored() {
    if (!this.ownsAddress) return;
    const question = new URLSearchParams(location.search).get("q")?.trim() ?? "";
    this.committed = question;
    if (question === this.question) return;
    this.input.value = question;
    this.title(question);
    if (question) this.askNow();
    else this.changed();
  }

  // Asking

  cancel() {
    clearTimeout(this.timer);
    clearTimeout(this.slowTimer);
    this.asking?.abort();
    this.asking = null;
    this.notice.textContent = "";
    this.live.removeAttribute("aria-busy");
  }

  async askNow() {
    this.cancel();
    this.addressTyped();
    const { question } = this;
    const asking = new AbortController();
    this.asking = asking;
    this.live.setAttribute("aria-busy", "true");
    this.slowTimer = setTimeout(() => this.slow(), SLOW_MS);
    const reply = await this.request(question, asking.signal);
    if (asking.signal.aborted) return; // a later question is on its way
    this.cancel();
    this.shown = question;
    if (!reply) this.showOffline();
    else if (!reply.answer) this.showError(reply.status);
    else this.showAnswer(reply.answer);
  }

  /** Return the status and, when it is good, the answer document; null when nobody replied. */
  async request(question, signal) {
    try {
      if (this.settings.answerer) return { status: 200, answer: await (await this.answerer()).ask(question, this) };
      const body = { question: question.toWellFormed?.() ?? question, top_k: CHOICES, typing: true, messages: this.after };
      const reply = await this.post(this.settings.ask, body, { signal });
      return { status: reply.status, answer: reply.ok ? await reply.json() : null };
    } catch {
      return null;
    }
  }

  post(address, body, more) {
    const { credentials } = this.settings;
    return fetch(address, { method: "POST", headers: JSON_ONLY, body: JSON.stringify(body), credentials, ...more });
  }

  // What the reader sees

  show(state, { head = [], hits = [], isSure = true, body = [], said = "", answered }) {
    this.live.dataset.state = this.shownState = state;
    this.hits = hits;
    this.head.replaceChildren(...head);
    this.list.replaceChildren(...hits.map((hit, at) => this.drawing.option(hit, at, this.shown, isSure)));
    asked?.clear();
    if (asked && this.shown) markAsked(this.list, this.shown, this.settings);
    this.body.replaceChildren(...body);
    this.resting = body; // drawn while no option is active
    this.answered = answered; // the record whose answer that is, and where it stands
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.expand(hits.length > 0);
    this.live.hidden = !(head.length || hits.length || body.length);
    if (this.served) this.served.hidden = state !== "empty";
    this.announce(said);
    this.drawn(null);
  }

  showAnswer(answer) {
    telling?.clear();
    this.token = answer.answer_token;
    this.prompts = answer.follow_ups?.filter(({ kind }) => kind === "topic") ?? [];
    if (answer.status === "answered") this.showAnswered(answer);
    else if (answer.status === "ambiguous") this.showAmbiguous(answer);
    else this.showNoAnswer(answer);
  }

  showAnswered({ answers: [best, ...rest], others = [] }) {
    const { related_above } = this.settings;
    const related = rest.filter((hit) => hit.confidence >= related_above && hit.language === best.language);
    const hits = [...others.flatMap(({ answers }) => answers.slice(0, 1)), ...related];
    const place = element("div", {}, this.drawing.card(best, this.shown, this.texts.answered));
    const head = [place, hits.length > 0 && element("h3", {}, this.texts.also)].filter(Boolean);
    const said = this.counted(this.texts.answered, [best, ...hits]);
    this.show("answered", { head, hits, said, answered: { record: best.id, place } });
  }

  showAmbiguous({ answers: found }) {
    const { choice_above } = this.settings;
    const answers = found.filter((hit) => hit === found[0] || (hit.confidence >= choice_above && hit.language === found[0].language));
    const head = this.drawing.message(this.texts.ambiguous, this.texts.ambiguous_hint);
    this.show("ambiguous", { head, hits: answers, said: this.counted(this.texts.ambiguous, answers) });
  }

  showNoAnswer({ question, no_answer: { talk, reason, message, suggestions } }) {
    const { no_answer, no_answer_hint, [reason]: instead = talk && message, understood, suggestions: title } = this.texts;
    if (instead) this.token = null;
    const head = this.drawing.message(...(instead ? [instead] : [no_answer, filled(understood, { question }), no_answer_hint]));
    if (suggestions.length) head.push(element("h3", {}, title));
    this.show("no_answer", { head, hits: suggestions, isSure: false, said: this.counted(no_answer, suggestions) });
  }

  showError(status) {
    const { error_title, errors, error_otherwise } = this.texts;
    this.showFailure("error", error_title, errors[status] ?? error_otherwise);
  }

  showOffline() {
    const { offline, unreachable, offline_hint } = this.texts;
    this.showFailure("offline", navigator.onLine ? unreachable : offline, offline_hint);
  }

  showFailure(state, title, hint) {
    this.token = null;
    const retry = element("button", { type: "button", class: "quiet", "data-retry": "" }, this.texts.retry);
    this.show(state, { head: this.drawing.message(title, hint), body: [retry], said: title });
    this.shown = null;
  }

  showEmpty() {
    const questions = recent.read();
    this.shown = this.token = null;
    this.show("empty", { body: questions.length ? this.drawing.recent(questions) : [] });
    if (this.served?.dataset.served === "answer") this.loadListing();
  }

  /** A page that came with an answer has no list of questions; it is fetched once the box is emptied. */
  async loadListing() {
    this.served.replaceChildren();
    this.served.dataset.served = "listing";
    try {
      const reply = await fetch(this.form.action, { headers: { Accept: "text/html" } });
      const page = parsedPage(reply.ok ? await reply.text() : "");
      this.served.replaceChildren(...document.importNode(page.querySelector("[data-served]"), true).childNodes);
    } catch {
      this.served.dataset.served = "answer";
    }
  }

  slow() {
    this.notice.textContent = this.texts.slow;
    this.announce(this.texts.slow);
  }

  /** Let the page add what it has for an answer (page.js): copying, and feedback on the record shown. */
  drawn(hit) {
    const { place = this.body, record = hit?.id } = this.answered ?? {};
    const detail = { place, token: this.token, record, question: (this.answered || this.hits.length) && this.shown, prompts: this.prompts };
    this.live.dispatchEvent(new CustomEvent("faq-drawn", { bubbles: true, detail }));
  }

  counted(title, hits) {
    return `${title} ${filled(this.texts.found, { count: hits.length })}`;
  }

  announce(text) {
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => (this.status.textContent = text), ANNOUNCE_MS);
  }

  expand(isExpanded) {
    if (!isExpanded && this.active >= 0) this.activate(-1);
    this.list.hidden = this.keys.hidden = !isExpanded;
    this.input.setAttribute("aria-expanded", isExpanded);
  }

  /** Make an option the active one, -1 for none; its answer is read below the list. */
  activate(position) {
    if (position === this.active) return;
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = position;
    const option = this.list.children[position];
    if (!option) this.input.removeAttribute("aria-activedescendant");
    else {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", option.id);
    }
    this.preview(this.hits[position]);
  }

  preview(hit) {
    if (this.answered) return; // it stays; what is chosen here has a page
    const isResting = hit?.answer_html === undefined;
    this.body.replaceChildren(...(isResting ? this.resting : [this.drawing.card(hit, this.shown, this.texts.preview)]));
    this.drawn(isResting ? null : hit);
  }
}

// Loaded by an element of the page, not imported.
if ([...document.querySelectorAll("script")].some(({ src }) => src === import.meta.url)) {
  for (const form of document.querySelectorAll("form[data-live]")) new SearchBox(form, JSON.parse(form.dataset.live));
}
