// The log: a line for each record, with the whole frame or request folded into it.

const MOST_LINES = 1000;
const HEARTBEATS = ["heartbeat", "ack"];

function classOf(row) {
  if (["ws.in", "ws.out"].includes(row.k) && HEARTBEATS.includes(row.d.op)) return "heartbeat";
  const first = row.k.split(".")[0];
  return first === "http" ? "request" : first === "ws" ? "frame" : "other";
}

const ARROWS = { "<-": ["←", "in"], "->": ["→", "out"] };

/** The element of a record. `whole`: the text of its frame or request, where it has one. */
function line(row, whole) {
  const { op = "", host = FACTS.places[row.k.split(".")[0]], ...fields } = row.d;
  const [arrow, way] = ARROWS[FACTS.arrows[row.k]] ?? ["·", ""];
  const parts = {
    time: (row.t / 1e6).toFixed(3),
    place: row.conn !== null && host ? `${host}#${row.conn}` : "",
    way: arrow,
    kind: `${row.k} ${op}`,
    more: Object.entries(fields).filter(([, value]) => says(value)).map(named).join("  "),
    rule: row.rule ?? "",
  };
  const text = made("div", { className: whole === undefined ? "line plain" : "line" },
    ...Object.entries(parts).map(([className, part]) => made("span", { className }, part)));
  const folded = () => made("details", {}, made("summary", {}, text), made("pre", {}, whole));
  return made("li", { className: `${classOf(row)} ${way}` }, whole === undefined ? text : folded());
}

const says = value => ![null, "", false].includes(value) && String(value) !== "";
const named = ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`;

/** JSON in lines, each value as it is written: to read and write it anew would change numbers that are too long
    for this language. What is no JSON stays as it is. */
function indented(text) {
  try { JSON.parse(text); } catch { return text; }
  let depth = 0;
  const next = step => "\n" + "  ".repeat(depth += step);
  const [opens, closes] = [one => one + next(1), one => next(-1) + one];
  const shapes = { "{": opens, "[": opens, "}": closes, "]": closes, ",": one => one + next(0), ":": () => ": " };
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|{\s*}|\[\s*\]|[{}[\],:]|[^\s{}[\],:"]+/g);
  return tokens.map(one => shapes[one]?.(one) ?? one).join("");
}

function wholeRequest({ method, path, headers, body, status, answer }) {
  return JSON.stringify({ request: `${method} ${path}`, headers, body, status, answer }, null, 2);
}

function addLines(records, texts) {
  const log = $("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
  const told = records.filter(row => !FACTS.told_before.includes(row.k)).slice(-MOST_LINES);
  log.append(...told.map(row => line(row, texts.get(row.n))));
  while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

async function showNew(records, after) {
  if (!records.length) return;
  const paths = ["/frames", "/requests"];
  const [frames, requests] = await Promise.all(paths.map(path => call("GET", `${path}?after=${after}`)));
  const texts = [
    ...frames.map(one => [one.n, indented(one.text)]),
    ...requests.map(one => [one.n, wholeRequest(one)]),
  ];
  addLines(records, new Map(texts));
}

