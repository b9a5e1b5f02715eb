"use strict";
// Filters of the table, the record that a link names, the keys, and of a large report the pages, which are packed.
const form = document.getElementById("filters");
const rows = [...document.querySelectorAll("#matrix tbody tr")];
const show = (element, on) => element.toggleAttribute("data-off", !on);

function filter() {
  const wanted = Object.fromEntries([...form.querySelectorAll("select")].map(one => [one.dataset.of, one.value]));
  const words = form.querySelector("#words").value.toLowerCase();
  const flips = form.querySelector("#flips")?.checked;
  const fits = (name, value) => !wanted[name] || wanted[name] === value;
  for (const cell of document.querySelectorAll("#matrix [data-release]"))
    show(cell, fits("release", cell.dataset.release) && fits("fix", cell.dataset.fix));
  let shown = 0;
  for (const row of rows) {
    let some = false;
    for (const link of row.querySelectorAll("a")) {
      const fit = fits("verdict", link.dataset.verdict) && fits("python", link.dataset.python);
      show(link, fit);
      some ||= fit && !link.closest("td[data-off]");
    }
    const flip = !flips || row.querySelector(".flip:not([data-off])");
    const on = some && flip && fits("level", row.dataset.level) &&
      row.firstElementChild.textContent.toLowerCase().includes(words);
    show(row, on);
    shown += on;
  }
  form.querySelector("#count").value = `${shown} of ${rows.length} runs`;
}

// A page that is packed takes its place in the document when a link leads to it, or to a record of it.
async function unpack() {
  const run = /^#r(?:un-)?(\d+)/.exec(location.hash)?.[1];
  const packed = run && document.querySelector(`script[data-page="run-${run}"]`);
  if (!packed) return;
  packed.remove(); // at once: who clicks twice gets one page
  const bytes = Uint8Array.from(atob(packed.textContent), one => one.charCodeAt(0));
  const text = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  document.body.insertAdjacentHTML("beforeend", await text);
  location.replace(location.hash); // so that what has come is the target
}

async function reveal() {
  await unpack();
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  const details = target.closest("details");
  if (details) details.open = true;
  target.scrollIntoView({ block: target.matches("tr") ? "center" : "start" });
}

const ZOOMS = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 };
let zoom = 1;

// j and k go from run to run, u back to all, / to the search, + - 0 zoom the picture.
function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select")) return;
  const now = document.querySelector("article:target, article:has(:target)");
  const cells = [...document.querySelectorAll("#matrix a")].filter(one => !one.closest("[data-off]"));
  const links = [...new Set(cells.map(one => one.hash))];
  const step = { j: 1, k: -1 }[event.key];
  if (step && links.length) {
    const at = now ? links.indexOf("#" + now.id) + step : 0;
    location.hash = links[Math.max(0, Math.min(links.length - 1, at))];
  } else if (event.key === "u") location.hash = "#top";
  else if (event.key === "/" && !now) form.querySelector("#words").focus();
  else if (event.key in ZOOMS || event.key === "0") {
    zoom = event.key === "0" ? 1 : Math.max(1, Math.min(16, zoom * ZOOMS[event.key]));
    document.documentElement.style.setProperty("--zoom", zoom);
  } else return;
  event.preventDefault();
}

if (form) {
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  filter();
}
addEventListener("hashchange", reveal);
addEventListener("keydown", key);
reveal();
