"use strict";
// Elements of the page. What comes from the wire becomes text and never markup.

const $ = id => document.getElementById(id);
const FACTS = JSON.parse($("facts").textContent);

function made(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function say(element, text, kind = "") {
  if (element.textContent !== text) element.textContent = text;
  element.className = kind;
}

function choose(select, options) {
  const key = JSON.stringify(options);
  if (select.dataset.key === key) return;  // an open list stays open
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => made("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
  select.dataset.key = key;
}

/** Rows of {key, cells, button}, changed in place: what somebody is pressing or copying stays where it is. */
function fill(table, rows) {
  const body = table.tBodies[0];
  const old = new Map([...body.rows].map(row => [row.dataset.key, row]));
  for (const { key, cells, button } of rows) {
    const row = old.get(String(key)) ?? body.appendChild(tableRow(key, cells.length, button));
    old.delete(String(key));
    cells.forEach((value, place) => say(row.cells[place], String(value ?? ""), value === "yes" ? "good" : ""));
  }
  for (const row of old.values()) row.remove();
  table.hidden = !rows.length;
  table.nextElementSibling.hidden = rows.length > 0;
}

function tableRow(key, size, button) {
  const row = made("tr", {}, ...Array.from({ length: size }, () => made("td")));
  if (button) row.append(made("td", {}, button()));
  row.dataset.key = key;
  return row;
}
