// Keeps the widget's button and box within what is seen of a page that overflows sideways on a phone: browsers there make
// the viewport as wide as the page and show a part of it, so that its corners lie out of sight. Loaded on such pages alone.

for (const { shadowRoot: root } of document.querySelectorAll("faq-widget[floats]")) follow(root);

/** Keep a widget placed by the part of the viewport that is seen, from now on. */
function follow(root) {
  const sheet = new CSSStyleSheet();
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]; // after the one that it overrules
  const place = () => sheet.replaceSync(rules(root));
  for (const kind of ["resize", "scroll"]) visualViewport.addEventListener(kind, place);
  window.addEventListener("resize", place);
  place();
}

function rules(root) {
  const { offsetLeft, offsetTop, width, height, scale } = visualViewport;
  const whole = viewportOf(root);
  if (whole.width <= width * scale + 1) return ""; // turned, say: it is all seen, or was zoomed into by hand
  const [left, top] = [offsetLeft - whole.left, offsetTop - whole.top];
  const [right, bottom] = [whole.width - left - width, whole.height - top - height];
  const aside = (distance) => `calc(var(--faq-inset, 1.25em) + ${distance}px) !important`;
  const end = getComputedStyle(root.host).direction === "rtl" ? left : right;
  return `:host([floats]) { inset-block-end: ${aside(bottom)}; inset-inline-end: ${aside(end)}; }
    dialog.panel { inset: ${top}px ${right}px ${bottom}px ${left}px; }`;
}

/** Return where the viewport is that elements keep their place in: from right to left it starts left of what is seen. */
function viewportOf(root) {
  const probe = root.appendChild(document.createElement("div"));
  Object.assign(probe.style, { position: "fixed", inset: "0", visibility: "hidden" });
  const place = probe.getBoundingClientRect();
  probe.remove();
  return place;
}
