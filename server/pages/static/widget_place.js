// Keeps the widget's button and box within what is seen of a page that overflows sideways on a phone: browsers there make
// the viewport as wide as the page and show a part of it, so that its corners lie out of sight. Loaded on such pages alone.

for (const { shadowRoot: root } of document.querySelectorAll("faq-widget[floats]")) follow(root);

/** Keep a widget placed by the part of the viewport that is seen, from now on. */
function follow(root) {
  const sheet = new CSSStyleSheet();
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]; // after the one that it overrules
  const place = () => sheet.replaceSync(rules(getComputedStyle(root.host).direction));
  for (const kind of ["resize", "scroll"]) visualViewport.addEventListener(kind, place);
  window.addEventListener("resize", place);
  place();
}

function rules(direction) {
  const { offsetLeft: left, offsetTop: top, width, height, scale } = visualViewport;
  if (innerWidth <= width * scale + 1) return ""; // turned, say: it is all seen, or was zoomed into by hand
  const [right, bottom] = [innerWidth - left - width, innerHeight - top - height];
  const aside = (distance) => `calc(var(--faq-inset, 1.25em) + ${distance}px) !important`;
  const end = direction === "rtl" ? left : right;
  return `:host([floats]) { inset-block-end: ${aside(bottom)}; inset-inline-end: ${aside(end)}; }
    dialog.panel { inset: ${top}px ${right}px ${bottom}px ${left}px; }`;
}
