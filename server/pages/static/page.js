// What a page with answers gains beside its search box: buttons that copy code, and feedback without leaving the page.

const SHOWN_MS = 2000;
// Loaded by an element of a page of ours, or imported by the widget.
// Not document.scripts: on another site's page a form of that name would be taken for it.
const isPage = [...document.querySelectorAll("script")].some(({ src }) => src === import.meta.url);
const texts = isPage && JSON.parse(document.querySelector("[data-live]")?.dataset.live ?? "null")?.texts;

/** Put a button beside every block of code and every command below an element. */
export function addCopyButtons(root, texts) {
  for (const code of root.querySelectorAll("pre, .checks code")) {
    if (code.nextElementSibling?.matches(".copy")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet copy";
    button.textContent = texts.copy;
    button.addEventListener("click", () => copied(button, code.textContent.trimEnd(), texts));
    // Beside the block, not in it: what is selected and copied by hand holds no button.
    if (code.matches("pre")) {
      const corner = Object.assign(document.createElement("div"), { className: "code" });
      code.replaceWith(corner);
      corner.append(code);
    }
    code.after(button);
  }
}

async function copied(button, text, texts) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = texts.copied;
  } catch {
    button.textContent = texts.copy_failed; // refused, or a page without HTTPS
  }
  setTimeout(() => (button.textContent = texts.copy), SHOWN_MS);
}

/** Send a form of feedback and thank in its place; where that fails, the browser sends it as it always did. */
async function sendFeedback(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const reply = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (!reply?.ok) {
    button.dataset.plain = "";
    return setTimeout(() => button.click()); // later: a form that is being submitted ignores another click
  }
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const thanks = document.createElement("p");
  thanks.setAttribute("role", "status");
  thanks.tabIndex = -1;
  thanks.textContent = [...page.querySelectorAll(".thanks h1, .thanks p:not(:last-child)")].map((part) => part.textContent).join(". ");
  form.closest(".feedback").replaceChildren(thanks);
  thanks.focus();
}

function submitted(event) {
  const { target: form, submitter } = event;
  if (!form.closest(".feedback") || !submitter || "plain" in submitter.dataset) return;
  event.preventDefault();
  sendFeedback(form, submitter);
}

/** Where a hint names the operator's address, it leads to where that leads at the foot of the page. */
function linkContact(root) {
  const link = document.querySelector(".foot .contact a");
  for (const hint of link ? root.querySelectorAll(".hint") : []) {
    const [before, after] = hint.textContent.split(link.textContent);
    if (after !== undefined) hint.replaceChildren(before, link.cloneNode(true), after);
  }
}

/** Add prompts, and a field whose question is understood by the one that was answered. */
export function addFurther(form, question, prompts) {
  const template = question && document.querySelector("#go-on");
  if (!template) return;
  const part = document.importNode(template.content, true);
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "after", value: question });
  part.querySelector("form").append(field);
  const list = part.querySelector(".prompts");
  list.hidden = !prompts.length;
  for (const { text, url } of prompts) {
    const link = Object.assign(document.createElement("a"), { href: url, textContent: text });
    list.appendChild(document.createElement("li")).append(link);
  }
  form.append(part);
}

/** What was drawn while the reader types gets what a page from the server has. */
function completeDrawing({ target, detail: { place, token, record, question, prompts } }) {
  addCopyButtons(target, texts);
  linkContact(target);
  for (const old of target.querySelectorAll(".further")) old.remove();
  const template = token && document.querySelector(record ? "#judge-answer" : "#tell-maintainer");
  if (!template) return;
  const part = document.importNode(template.content, true);
  for (const field of part.querySelectorAll("[name=answer_token]")) {
    field.value = token;
    if (record) field.form.append(Object.assign(field.cloneNode(), { name: "record_id", value: record }));
  }
  place.append(part);
  addFurther(target, question, prompts);
}

if (isPage) document.addEventListener("submit", submitted);
if (texts) {
  document.addEventListener("faq-drawn", completeDrawing);
  addCopyButtons(document, texts);
}
