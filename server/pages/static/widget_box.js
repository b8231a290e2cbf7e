// The search box on another site's page, in a shadow root: loaded by /widget.js once a reader opens it (docs/widget.md).
// Texts, limits and addresses come from /widget.json, the style from /widget.css; nothing is written into the page itself.

import { addCopyButtons } from "./page.js";
import { SearchBox, element } from "./search.js";

const EARLIER_QUESTIONS = 8; // of a conversation, as on the page
const OPEN_ELSEWHERE = { target: "_blank", rel: "noopener" };

/** Where the server's addresses lead, seen from any page; what is no address stays as it is. */
function absolute(address, server) {
  return URL.canParse(address, server) ? new URL(address, server).href : address;
}

async function load(address) {
  const reply = await fetch(address, { credentials: "omit" });
  if (!reply.ok) throw new Error(`${address} replied ${reply.status}`);
  return reply;
}

class WidgetBox extends SearchBox {
  constructor(form, settings) {
    super(form, settings);
    this.live.addEventListener("faq-drawn", ({ detail }) => this.complete(detail));
  }

  /** What is typed into the box itself belongs to no conversation. */
  changed() {
    this.after = undefined;
    super.changed();
  }

  /** Ask what is understood by the questions before it. */
  follow(question) {
    this.after = [...(this.after ?? []), { role: "user", content: this.shown }].slice(-EARLIER_QUESTIONS);
    this.replaceQuestion(question);
    this.input.focus();
  }

  /** Where nothing is asked yet, what others ask. */
  showEmpty() {
    super.showEmpty();
    const { popular } = this.settings.box;
    if (!popular.length) return;
    const { most_asked } = this.settings.box;
    const items = popular.map(({ id, text, language }) =>
      element("li", { lang: language }, element("a", { href: this.drawing.address(id) }, text)),
    );
    this.body.append(element("h2", {}, most_asked), element("ul", { class: "popular" }, ...items));
    this.live.hidden = false;
  }

  /** Give an answer what it has on the server's own page: copying, a vote, a follow-up. */
  complete({ place, token, record, question }) {
    addCopyButtons(this.live, this.texts);
    for (const old of this.live.querySelectorAll(".further, .earlier")) old.remove();
    if (!token) return;
    if (record) place.append(this.vote(token, record));
    if (this.after) {
      const earlier = this.after.map(({ content }) => element("li", { dir: "auto" }, content));
      this.live.prepend(element("div", { class: "earlier" }, element("p", {}, this.settings.box.so_far), element("ol", {}, ...earlier)));
    }
    if (question) this.live.append(this.further());
  }

  vote(token, record) {
    const { judge, helpful, not_helpful, thanks } = this.settings.box;
    const part = element("section", { class: "feedback" }, element("h2", {}, judge));
    for (const [text, isHelpful] of [
      [helpful, true],
      [not_helpful, false],
    ]) {
      const button = element("button", { type: "button" }, text);
      button.addEventListener("click", async () => {
        const body = { answer_token: token, record_id: record, helpful: isHelpful };
        const reply = await this.post(this.settings.votes, body).catch(() => null);
        if (!reply?.ok) return this.announce(this.texts.unreachable);
        const said = element("p", { role: "status", tabindex: "-1" }, thanks);
        part.replaceChildren(said);
        said.focus();
      });
      part.append(button);
    }
    return part;
  }

  further() {
    const { go_on, go_on_example, submit, question_units } = this.settings.box;
    const named = { id: "further", type: "text", placeholder: go_on_example, maxlength: question_units, required: "" };
    const field = element("input", { ...named, autocomplete: "off", dir: "auto", enterkeyhint: "send" });
    const row = element("div", { class: "ask-row" }, field, element("button", { type: "submit" }, submit));
    const form = element("form", { class: "ask" }, element("label", { for: "further" }, go_on), row);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim()) this.follow(field.value.trim());
    });
    return element("div", { class: "further" }, form);
  }

  async request(question, signal) {
    const reply = await super.request(question, signal);
    for (const { checks } of reply?.answer?.answers ?? []) {
      for (const check of checks) check.url = absolute(check.url, this.settings.server);
    }
    return reply;
  }

  /** Where there is no answer, the operator's address is a link. */
  showNoAnswer(answer) {
    super.showNoAnswer(answer);
    const { contact, contact_address: href } = this.settings.box;
    for (const hint of href ? this.head.querySelectorAll(".hint") : []) {
      const [before, after] = hint.textContent.split(contact);
      if (after !== undefined) hint.replaceChildren(before, element("a", { href }, contact), after);
    }
  }

  /** Where nothing can be said here, lead to where it may be. */
  showFailure(...what) {
    super.showFailure(...what);
    const { server, box } = this.settings;
    this.body.append(element("p", { class: "elsewhere" }, element("a", { href: server, ...OPEN_ELSEWHERE }, box.page)));
  }
}

/** Return the settings of a box: those of the page's own module, leading to the server from anywhere. */
async function readSettings({ server, lang }) {
  const settings = await (await load(`${server}widget.json?${new URLSearchParams({ lang })}`)).json();
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === "string" && value.startsWith("/")) settings[name] = absolute(value, server);
  }
  const adapt = (parsed) => {
    for (const picture of parsed.querySelectorAll("img")) {
      // The server's own are shared like its replies: with the origins that it allows, which a page asks for by CORS.
      if (picture.getAttribute("src")?.startsWith(settings.pictures)) picture.crossOrigin = "anonymous";
    }
    for (const name of ["href", "src"]) {
      for (const node of parsed.querySelectorAll(`[${name}]`)) {
        node.setAttribute(name, absolute(node.getAttribute(name), server));
      }
    }
  };
  return { ...settings, server, adapt, credentials: "omit" };
}

/** Put the style sheet into a shadow root: a constructed one, which no Content-Security-Policy has to allow. */
async function readStyle({ server }) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await (await load(`${server}widget.css`)).text());
  return sheet;
}

/** Return the outermost element of a box, in its shadow root. */
function wrapperIn(root, { theme }, { box }, sheet) {
  const { direction, fontSize } = getComputedStyle(root.host);
  const wrapper = element("div", { class: "faq", lang: box.language, dir: direction, "data-theme": theme });
  wrapper.style.setProperty("--rem", fontSize);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  root.append(wrapper);
  // What is typed here is no shortcut of the page: it sees the host alone, which is no text field.
  for (const kind of ["keydown", "keypress", "keyup"]) {
    root.host.addEventListener(kind, (event) => event.composedPath().includes(wrapper) && event.stopPropagation());
  }
  // The reader's page stays where it is.
  wrapper.addEventListener(
    "click",
    (event) => Object.assign(event.target.closest("a[href]") ?? {}, OPEN_ELSEWHERE),
    { capture: true },
  );
  return wrapper;
}

function searchForm({ server, box }) {
  const limits = { maxlength: box.question_units, required: "", enterkeyhint: "search" };
  const plain = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
  const named = { id: "question", type: "search", name: "q", placeholder: box.placeholder };
  const row = element(
    "div",
    { class: "ask-row" },
    element("input", { ...named, ...limits, ...plain }),
    element("button", { type: "submit" }, box.submit),
  );
  const form = { class: "ask", action: server, method: "get", ...OPEN_ELSEWHERE };
  return element("form", form, element("label", { for: "question" }, box.label), row);
}

async function assemble(root, options, place) {
  const [settings, sheet] = await Promise.all([readSettings(options), readStyle(options)]);
  const wrapper = wrapperIn(root, options, settings, sheet);
  const form = searchForm(settings);
  const outer = place(wrapper, element("search", {}, form), settings);
  return { wrapper, outer, box: new WidgetBox(form, settings) };
}

/** What a page's own scripts can do with a box. */
function handle(root, wrapper, box) {
  return {
    ask: (question) => box.replaceQuestion(question),
    setTheme(theme) {
      wrapper.dataset.theme = theme;
    },
    remove() {
      box.cancel();
      root.host.remove();
    },
  };
}

/** Put a box into a shadow root whose host lies where the page wants it. */
export async function mountInline(root, options) {
  const place = (wrapper, search) => wrapper.appendChild(element("div", { class: "inline" }, search));
  const { wrapper, box } = await assemble(root, options, place);
  return handle(root, wrapper, box);
}

/** Put a box into a modal dialog: the browser keeps the focus in, the page out, and gives the focus back. */
export async function mountDialog(root, options) {
  const { wrapper, outer: dialog, box } = await assemble(root, options, (wrapper, search, settings) => {
    const inside = element("div", { class: "panel-inside" }, panelHead(settings), search);
    return wrapper.appendChild(element("dialog", { class: "panel", "aria-labelledby": "panel-title" }, inside));
  });
  const close = () => dialog.close();
  dialog.querySelector(".panel-close").addEventListener("click", close);
  dialog.addEventListener("click", (event) => event.target === dialog && close()); // the backdrop
  wrapper.addEventListener("keydown", (event) => closeOnEscape(event, close), { capture: true });
  return { ...handle(root, wrapper, box), close, open: () => showDialog(dialog, box) };
}

/** Close at once, whatever the box would do with the key; but a key of an input method is the method's. */
function closeOnEscape(event, close) {
  if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  event.stopPropagation();
  close();
}

function showDialog(dialog, box) {
  if (!dialog.open) dialog.showModal();
  box.input.focus();
  box.input.select();
}

function panelHead({ server, texts, box }) {
  // Shared like the server's replies: with the origins that it allows, which a page asks for by CORS.
  const logo = box.logo && element("img", { class: "logo", src: absolute(box.logo, server), alt: "", crossorigin: "" });
  return element(
    "div",
    { class: "panel-head" },
    logo,
    element("h2", { id: "panel-title" }, texts.site),
    element("a", { class: "quiet", href: server }, box.page),
    element("button", { type: "button", class: "quiet panel-close", "aria-label": box.close }, "×"),
  );
}
