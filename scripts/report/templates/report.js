"use strict";
const PAGE = 25; // rows of a table that are laid out at a time
const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
const has = (text, words) => words.every((word) => text.includes(word));
const plain = (html) => html.replace(/<[^>]*>/g, " ").toLowerCase();

// What is folded up in the page: deflated, in base64.
async function unfolded(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
}

function element(tag, properties, ...inside) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...inside);
  return made;
}

// A table to search, to sort and to page through. Its rows are text until they are shown.
class Grid {
  constructor(box) {
    this.body = box.querySelector("tbody");
    this.heads = Array.from(box.querySelectorAll("thead th"));
    this.count = Number(this.body.dataset.rows || this.body.rows.length);
    this.words = [];
    this.all = [];
    this.page = 0;
    this.heads.forEach((head, index) => this.sortable(head, index));
    if (this.count <= 8) return;
    this.search = element("input", { type: "search", placeholder: `search ${this.count} rows, words apart` });
    this.search.setAttribute("aria-label", "search this table");
    this.search.addEventListener("input", () => this.show(wordsOf(this.search.value)));
    box.before(this.search);
    if (this.count <= PAGE) return;
    this.where = element("span", { className: "soft" });
    const turn = (text, by) => element("button", { textContent: text, onclick: () => this.turn(by) });
    this.pager = element("p", { className: "pager" }, turn("‹", -1), this.where, turn("›", 1));
    box.after(this.pager);
  }

  // Rows as they are written in the page, in the order they are shown in.
  async rows() {
    this.read ??= (async () => {
      const id = this.body.dataset.pack;
      const html = id ? await (await unfolded(id)).text() : this.body.innerHTML;
      this.order = html.split(/(?<=<\/tr>)\s*/).filter((row) => row.includes("<tr")).map((row) => ({ row, text: plain(row) }));
    })();
    await this.read;
    return this.order;
  }

  async show(words = this.words, page = 0) {
    this.words = words;
    const rows = await this.rows();
    if (words !== this.words) return; // somebody typed on meanwhile
    const both = [...words, ...this.all];
    const found = both.length ? rows.filter((one) => has(one.text, both)) : rows;
    this.found = found.length;
    this.page = Math.max(0, Math.min(page, Math.ceil(found.length / PAGE) - 1));
    const first = this.page * PAGE;
    this.body.innerHTML = found.slice(first, first + PAGE).map((one) => one.row).join("");
    if (this.where) this.where.textContent = found.length ? ` ${first + 1}–${Math.min(first + PAGE, found.length)} of ${found.length} ` : " none ";
  }

  turn(by) {
    return this.show(this.words, this.page + by);
  }

  sortable(head, index) {
    const button = element("button", { textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", async () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of this.heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      await this.sort(index, down ? -1 : 1);
    });
  }

  // A cell sorts by data-v if it has one (numbers, empty last), else by its text.
  async sort(index, sign) {
    const rows = await this.rows();
    const shelf = element("template", { innerHTML: `<table><tbody>${rows.map((one) => one.row).join("")}</tbody></table>` });
    shelf.content.querySelectorAll("tr").forEach((row, at) => {
      const cell = row.cells[index];
      const number = cell.dataset.v;
      rows[at].key = number === undefined ? cell.textContent : number === "" ? Infinity : Number(number);
    });
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? Math.sign(a - b) || 0 : String(a).localeCompare(String(b)));
    rows.sort((a, b) => sign * compare(a.key, b.key));
    await this.show();
  }
}

const grids = new Map(Array.from(document.querySelectorAll("main .scroll"), (box) => [box, new Grid(box)]));
const within = (topic) => [...grids].filter(([box]) => topic.contains(box)).map(([, grid]) => grid);

// A topic is laid out when it is opened: its tables, and its figures.
async function open(topic) {
  await Promise.all(within(topic).map((grid) => grid.show()));
  for (const image of topic.querySelectorAll("img[data-pack]:not([src])")) {
    const svg = await (await unfolded(image.dataset.pack)).blob();
    image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    image.onclick = () => zoom(image);
  }
}
const topics = Array.from(document.querySelectorAll("main > details"));
for (const topic of topics) topic.addEventListener("toggle", () => topic.open && open(topic));

function zoom(image) {
  const dialog = document.getElementById("zoom");
  dialog.querySelector(".scroll").replaceChildren(element("img", { src: image.src, alt: image.alt }));
  dialog.showModal();
}

function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const topic = target?.closest("details");
  if (topic) topic.open = true;
  target?.scrollIntoView();
}
window.addEventListener("hashchange", follow);
follow();

// Search of everything: topics without a hit go, tables keep the rows with all words.
async function everywhere(words) {
  let rows = 0;
  let found = 0;
  for (const topic of topics) {
    const inside = within(topic);
    for (const grid of inside) {
      grid.all = words;
      await grid.show();
    }
    const hits = words.length ? inside.reduce((sum, grid) => sum + grid.found, 0) : 0;
    const prose = has(Array.from(topic.querySelectorAll("summary, h2, h3, p, li, dl, figcaption"), (one) => one.textContent).join(" ").toLowerCase(), words);
    topic.hidden = !(hits || prose);
    topic.dataset.hits = hits ? `${hits} rows` : "";
    rows += hits;
    found += !topic.hidden;
  }
  document.getElementById("hits").textContent = words.length ? `${rows} rows, ${found} topics` : "";
}
const box = document.getElementById("everywhere");
let waiting;
box.addEventListener("input", () => {
  clearTimeout(waiting);
  const words = wordsOf(box.value);
  waiting = setTimeout(() => everywhere(words.join("").length > 1 ? words : []), 200);
});

// Terms of the glossary explain themselves where a column or a paragraph first has them.
const terms = Array.from(document.querySelectorAll("#words dt"), (dt) => [dt.textContent, dt.nextElementSibling.textContent]);
for (const part of document.querySelectorAll("main section:not(#words), header")) {
  for (const [term, meaning] of terms) {
    const place = Array.from(part.querySelectorAll("th button, p, li, td.term")).find((one) => one.children.length === 0 && new RegExp(`\\b${term}\\b`, "i").test(one.textContent));
    if (!place) continue;
    const [all] = new RegExp(`\\b${term}\\b`, "i").exec(place.textContent);
    const [before] = place.textContent.split(all, 1);
    place.replaceChildren(before, element("abbr", { title: meaning, textContent: all }), place.textContent.slice(before.length + all.length));
  }
}
