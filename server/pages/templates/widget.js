{# The FAQ's search box for any page: docs/widget.md. Nothing but this is loaded until a reader opens it, so it stays
   under 2 kB gzipped, and its comments are not sent. `words`: for each language, the button and what to say on failure. #}
((script, words) => {
  if (window.faq) return;
  {# A site's !important does not win over that of a shadow root, and what it passes on to the elements inside ends at `all`. #}
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host{all:initial!important;display:block!important;color-scheme:light dark!important;font-size:var(--faq-font-size,medium)!important;--a:var(--faq-accent,light-dark({{ palette.light.accent }},{{ palette.dark.accent }}))!important}
.open,.failed{box-sizing:border-box;padding:.7em 1.3em;border:1px solid #0000;border-radius:2em;font:600 1em/1.5 system-ui,sans-serif}
:host([floats]){position:fixed!important;z-index:var(--faq-z-index,2147483647)!important;inset-block-end:var(--faq-inset,1.25em)!important;inset-inline-end:var(--faq-inset,1.25em)!important}
.open{background:var(--a);color:var(--faq-on-accent,light-dark({{ palette.light.on_accent }},{{ palette.dark.on_accent }}));cursor:pointer}
.open:focus-visible{outline:3px solid var(--a);outline-offset:3px}
.failed{border-color:CanvasText;background:Canvas;color:CanvasText}
@media print{.open{display:none}}`);

  const complete = (given) => {
    const lang = (given.lang || document.documentElement.lang || navigator.language).slice(0, 2).toLowerCase();
    const server = given.server ? given.server.replace(/\/*$/, "/") : new URL(".", script.src).href;
    return { ...given, server, lang: words[lang] ? lang : "en" };
  };

  const hostIn = (parent, { dir }, floats) => {
    const host = document.createElement("faq-widget");
    if (dir) host.dir = dir;
    host.toggleAttribute("floats", floats);
    parent.append(host);
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    return root;
  };

  {# A reply that may not be read and none at all look the same to a script, but for a request that reads nothing. #}
  const explain = async (root, { server, lang }) => {
    const { refused, away, page } = words[lang];
    const why = await fetch(server + "widget.js", { mode: "no-cors", cache: "no-store" }).then(() => refused, () => away);
    const link = Object.assign(document.createElement("a"), { href: server, target: "_blank", rel: "noopener", textContent: page });
    const said = Object.assign(document.createElement("p"), { className: "failed", role: "alert", lang });
    root.prepend(said);
    said.append(why, " ", link);
  };

  const make = async (kind, root, options) => {
    root.querySelector(".failed")?.remove();
    try {
      return await (await import(options.server + "static/widget_box.js"))[kind](root, options);
    } catch (error) {
      await explain(root, options);
      throw error;
    }
  };

  const mount = (element, given = {}) => {
    const options = complete(given);
    return make("mountInline", hostIn(element, options, false), options);
  };

  const addButton = (given) => {
    const options = complete(given);
    const { label, lang, theme, shortcut = "k" } = options;
    const root = hostIn(document.body, options, true);
    let box;
    const open = () => {
      box ??= make("mountDialog", root, options);
      return box.then((made) => made.open(), (error) => (box = console.error(error)));
    };
    const button = Object.assign(document.createElement("button"), {
      className: "open", ariaHasPopup: "dialog", onclick: open, lang: label ? "" : lang, textContent: label || words[lang].open,
    });
    button.style.colorScheme = theme;
    root.append(button);
    {# On a phone a page that overflows sideways becomes wider than the screen, and has corners out of sight. #}
    const place = () => innerWidth > screen.width && import(options.server + "static/widget_place.js");
    addEventListener("resize", place);
    place();
    addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.defaultPrevented) return;
      if (event.key.toLowerCase() !== shortcut) return;
      event.preventDefault();
      open();
    });
    return open;
  };

  const start = () => {
    const { target, manual, ...options } = script.dataset;
    if (manual !== undefined) return;
    const place = target && document.querySelector(target);
    if (place) mount(place, options).catch(console.error);
    else window.faq.open = addButton(options);
  };

  window.faq = { mount };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
{#- Not document.currentScript: a picture of that name, which a page may let readers write, would be taken for it. #}
})(Reflect.get(Document.prototype, "currentScript", document), {{ words|tojson }});
