// The log: a line for each record, with the whole frame or request folded into it.

const MOST_LINES = 1000;
const HEARTBEATS = ["heartbeat", "ack"];

function classOf(row) {
  if (["ws.in", "ws.out"].includes(row.k) && HEARTBEATS.includes(row.d.op)) return "heartbeat";
  const first = row.k.split(".")[0];
  return first === "http" ? "request" : first === "ws" ? "frame" : "other";
}

function line(row, whole) {
  const arrow = FACTS.arrows[row.k] ?? "";
  const host = row.d.host ?? FACTS.places[row.k.split(".")[0]];
  const { op, host: _, ...fields } = row.d;
  const more = Object.entries(fields)
    .filter(([, value]) => ![null, "", false].includes(value) && !(Array.isArray(value) && !value.length))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`).join("  ");
  const parts = [
    made("time", {}, (row.t / 1e6).toFixed(3)),
    made("span", { className: "place" }, row.conn !== null && host ? `${host}#${row.conn}` : ""),
    made("span", { className: "way", ariaHidden: "true" }, { "<-": "←", "->": "→" }[arrow] ?? "·"),
    made("span", { className: "kind" }, op ? `${row.k} ${op}` : row.k),
    made("span", { className: "more" }, more),
    ...(row.rule ? [made("span", { className: "rule" }, row.rule)] : []),
  ];
  const text = made("div", { className: "line" }, ...parts);
  const way = { "<-": " in", "->": " out" }[arrow] ?? "";
  const item = made("li", { className: classOf(row) + way });
  if (whole === undefined) text.classList.add("plain");
  item.append(whole === undefined ? text
    : made("details", {}, made("summary", {}, text), made("pre", {}, whole)));
  return item;
}

function readable(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function wholeRequest({ method, path, headers, body, status, answer }) {
  return JSON.stringify({ request: `${method} ${path}`, headers, body, status, answer }, null, 2);
}

function addLines(records, texts) {
  const log = $("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
  log.append(...records.filter(row => !FACTS.told_before.includes(row.k)).map(row => line(row, texts.get(row.n))));
  while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

async function showNew(records, after) {
  if (!records.length) return;
  const [frames, requests] = await Promise.all(["/frames", "/requests"].map(path => call("GET", `${path}?after=${after}`)));
  addLines(records, new Map([
    ...frames.map(one => [one.n, readable(one.text)]), ...requests.map(one => [one.n, wholeRequest(one)])]));
}

