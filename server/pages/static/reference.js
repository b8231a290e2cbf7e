// Finds operations of the reference by their words; without it the list is complete, and the browser finds text.

const label = document.querySelector(".find");
const input = label.querySelector("input");
const operations = [...document.querySelectorAll("article[id]")].map((article) => {
  const item = document.querySelector(`.operations a[href="#${article.id}"]`).parentElement;
  return { article, item, text: article.textContent.toLowerCase() };
});

function find() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const { article, item, text } of operations) {
    article.hidden = item.hidden = !words.every((word) => text.includes(word));
  }
  for (const group of document.querySelectorAll(".operations section, .group")) {
    group.hidden = !group.querySelector("li:not([hidden]) > a, article:not([hidden])");
  }
}

label.hidden = false;
input.addEventListener("input", find);
find(); // what the browser kept of the field when the page was loaded anew
