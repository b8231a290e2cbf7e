// The search box of a site without a server: as search.js has it, and it keeps a conversation. What was asked before the
// question of the box stands in the address, as on a server: `?q=and for Windows?&after=how do I install it`.

import { followUps } from "./following.js";
import { addFurther } from "./page.js";
import { element, SearchBox } from "./search.js";

const EARLIER_QUESTIONS = 8; // as server/limits.py

// Without fields: the constructor of the search box asks before a field of this class would be there.
class ConversingBox extends SearchBox {
  listen() {
    super.listen();
    this.live.addEventListener("click", (event) => this.revisited(event));
    this.live.addEventListener("submit", (event) => {
      event.preventDefault();
      this.follow(event.target.elements.q.value.trim());
    });
  }

  // What the reader does

  /** A question typed in the box is a new one; that of the address still stands after those before it. */
  changed() {
    this.said = this.question && this.question === this.committed ? this.committedSaid : [];
    super.changed();
  }

  async follow(question) {
    if (!question) return;
    this.commit();
    this.said = [...this.said, this.shown].slice(-EARLIER_QUESTIONS);
    this.committedSaid = this.said;
    this.committed = this.input.value = question;
    history.pushState(null, "", this.address(question));
    await this.askNow();
    const heading = this.shown === question && this.head.querySelector("h2");
    if (!heading) return;
    heading.tabIndex = -1; // a screen reader goes on with what was answered, and a phone shows it
    heading.focus();
  }

  revisited(event) {
    const link = event.target.closest(".earlier a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    this.restored();
  }

  // Addresses

  address(question) {
    return this.addressAfter(question, question === this.committed ? this.committedSaid : this.said);
  }

  addressAfter(question, said = []) {
    const address = super.address(question);
    return question ? address + said.map((each) => `&after=${encodeURIComponent(each)}`).join("") : address;
  }

  commit() {
    super.commit();
    if (this.committed === this.question) this.committedSaid = this.said;
  }

  restored() {
    const parameters = new URLSearchParams(this.ownsAddress ? location.search : "");
    const asked = parameters.getAll("after").map((each) => each.trim());
    const said = parameters.get("q")?.trim() ? asked.filter(Boolean).slice(-EARLIER_QUESTIONS) : [];
    if (said.join("\n") !== this.said?.join("\n")) this.input.value = ""; // the same words after others ask something else
    this.said = this.committedSaid = said;
    super.restored();
  }

  // Asking

  async request(question, signal) {
    const reply = await super.request(question, signal);
    const { answer } = reply ?? {};
    // Without prompts the answer is still one.
    if (answer?.answered && this.ownsAddress) answer.follow_ups = await followUps(answer, this.settings).catch(() => []);
    this.readAs = this.said.length && answer && !answer.no_answer?.talk ? answer.read_as : undefined;
    return reply;
  }

  // What the reader sees

  show(state, parts) {
    const head = this.said?.length && state !== "empty" ? [this.soFar(), ...(parts.head ?? [])] : parts.head;
    super.show(state, { ...parts, head });
  }

  /** Return what was asked before, and as what the question was read by it. */
  soFar() {
    const part = document.importNode(document.querySelector("#so-far").content, true).firstElementChild;
    const items = this.said.map((each, at) => {
      return element("li", { dir: "auto" }, element("a", { href: this.addressAfter(each, this.said.slice(0, at)) }, each));
    });
    part.querySelector("ol").append(...items, element("li", { dir: "auto", "aria-current": "true" }, this.question));
    const understood = this.texts.understood.replace("{question}", () => this.readAs);
    if (this.readAs && this.readAs !== this.question) part.append(element("p", { class: "hint" }, understood));
    return part;
  }

  drawn(hit) {
    const before = this.live.querySelector(".further input[type=text]");
    const [typed, isFocused] = [before?.value ?? "", before === document.activeElement];
    super.drawn(hit); // page.js takes away what stood there
    if (!this.ownsAddress) return;
    addFurther(this.live, (this.answered || this.hits.length > 0) && this.shown, this.prompts ?? []);
    const field = this.live.querySelector(".further input[type=text]");
    if (!field || !before || this.shown !== this.drawnFor) return void (this.drawnFor = this.shown);
    field.value = typed; // the answer by meaning may come while the reader types on
    if (isFocused) field.focus();
  }
}

for (const form of document.querySelectorAll("form[data-live]")) new ConversingBox(form, JSON.parse(form.dataset.live));
