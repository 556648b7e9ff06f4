// Small parts that the files after this one use.
const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
const within = (value, low, high) => Math.max(low, Math.min(high, value));

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// Its name begins with the words seen on it: who speaks to the machine says what they see. A sign alone is no word.
function makeButton(className, text, label, action) {
  const button = make("button", className, text);
  button.type = "button";
  const isSaid = !/\p{L}/u.test(text) || label.toLocaleLowerCase().includes(text.toLocaleLowerCase());
  button.setAttribute("aria-label", isSaid ? label : `${text}: ${label}`);
  button.title = label;
  button.addEventListener("click", action);
  return button;
}

// What this browser remembers. A browser that keeps nothing (private window, full) still plays.
const remembered = {
  get(name, otherwise) {
    try {
      const text = localStorage.getItem(`qcw-${name}`);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(`qcw-${name}`);
      else localStorage.setItem(`qcw-${name}`, JSON.stringify(value));
    } catch { /* nothing is kept here */ }
  },
};

// The header is what other sites can't send; keepalive lets it arrive when the page is left meanwhile.
const post = (url, body) => fetch(url, {
  method: "POST",
  credentials: "same-origin",
  keepalive: true,
  headers: { "content-type": "application/json", "x-qcw": "1" },
  body: JSON.stringify(body),
});

// A name for something said once, however often it has to be sent.
const token = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, "0")).join("");

// Ranges [start, end] as few, in order, without overlap: the same rule as review/hearing.py.
function united(ranges) {
  const result = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

// How many of `items`, in order of `start`, begin at `at` or before.
function begunBy(items, at) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].start <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
