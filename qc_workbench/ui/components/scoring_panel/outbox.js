// Changes on their way to the server: kept in this browser until the server has said that it has them, sent in order,
// each with a token, so that nothing is lost by a bad line and nothing counts twice.

const PREFIX = "qcw-scoring:";
const LONGEST_PAUSE_MS = 10000;
const PATIENCE_MS = 15000;

function token() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Outbox {
  constructor(person, language) {
    this.person = person;
    this.language = language;
    this.listeners = new Set();
    this.memory = new Map(); // where the browser keeps nothing
    this.state = "saved"; // saving, offline, login
    this.pause = 1000;
    this.busy = false;
    window.addEventListener("online", () => this.send());
    window.addEventListener("beforeunload", (event) => { if (this.memory.size) event.preventDefault(); });
  }

  key(call) { return `${PREFIX}${this.person}:${call}`; }

  // {call, form, version, evaluation, changes: [], drafts: {}} of a call.
  of(call) {
    let text = this.memory.get(call);
    try { text = localStorage.getItem(this.key(call)) ?? text; } catch { /* not allowed here */ }
    try { return { ...empty(call), ...JSON.parse(text || "{}") }; } catch { return empty(call); }
  }

  put(box) {
    const nothing = !box.changes.length && !Object.keys(box.drafts).length;
    try {
      if (nothing) localStorage.removeItem(this.key(box.call));
      else localStorage.setItem(this.key(box.call), JSON.stringify(box));
      this.memory.delete(box.call);
    } catch {
      if (nothing) this.memory.delete(box.call);
      else this.memory.set(box.call, JSON.stringify(box));
    }
  }

  // What somebody types and has not finished.
  keepDraft(call, name, text) {
    const box = this.of(call);
    if (text) box.drafts[name] = text;
    else delete box.drafts[name];
    this.put(box);
  }

  add(call, form, evaluation, change) {
    const box = this.of(call);
    box.form = form.code;
    box.version = form.version;
    box.evaluation = evaluation || box.evaluation;
    box.changes.push({ ...change, token: token() });
    this.put(box);
    this.send();
  }

  waiting() {
    const calls = new Set(this.memory.keys());
    try {
      const mine = this.key("");
      for (let at = 0; at < localStorage.length; at++) {
        const key = localStorage.key(at);
        if (key.startsWith(mine)) calls.add(key.slice(mine.length));
      }
    } catch { /* memory alone */ }
    return [...calls].map((call) => this.of(call)).filter((box) => box.changes.length);
  }

  tell(event) { for (const listener of [...this.listeners]) listener(event); }

  say(state) {
    this.state = state;
    this.tell({ kind: "state" });
  }

  // Sends until nothing waits. A failure stops it for a while; the order is never changed.
  async send() {
    if (this.busy) return;
    clearTimeout(this.timer);
    this.busy = true;
    try {
      for (let boxes = this.waiting(); boxes.length; boxes = this.waiting()) {
        if (this.state === "saved") this.say("saving");
        await this.sendFirst(boxes[0]);
      }
      this.pause = 1000;
      this.say("saved");
    } catch (failure) {
      this.say(failure === "login" ? "login" : "offline");
      this.timer = setTimeout(() => this.send(), this.pause);
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    } finally {
      this.busy = false;
    }
  }

  async sendFirst(box) {
    const change = box.changes[0];
    const evaluation = box.evaluation || (await this.begin(box));
    if (!evaluation) return;
    const { kind, ...body } = change;
    const answer = await this.post(`/scoring/${evaluation}/${kind}`, body);
    const now = this.of(box.call); // something may have been added meanwhile
    now.changes = now.changes.filter((item) => item.token !== change.token);
    this.put(now);
    const what = { call: box.call, change, ...answer.body };
    this.tell(answer.ok ? { kind: "kept", ...what } : { kind: "refused", ...what });
  }

  async begin(box) {
    let answer = await this.post("/scoring/begin", { call: box.call, form: box.form, version: box.version });
    if (answer.body.error === "form_not_published") // a newer version: answers to what it still asks are kept
      answer = await this.post("/scoring/begin", { call: box.call, form: box.form });
    if (answer.body.error === "form_not_published") answer = await this.post("/scoring/begin", { call: box.call });
    const now = this.of(box.call);
    if (!answer.ok) {
      now.changes = [];
      this.put(now);
      this.tell({ kind: "refused", call: box.call, change: null, ...answer.body });
      return null;
    }
    now.evaluation = answer.body.progress.evaluation;
    this.put(now);
    this.tell({ kind: "begun", call: box.call, ...answer.body });
    return now.evaluation;
  }

  // Refusals for good are answers; everything else is thrown and tried again.
  async post(path, body) {
    const stop = new AbortController();
    const patience = setTimeout(() => stop.abort(), PATIENCE_MS);
    try {
      const response = await fetch(`${path}?lang=${this.language}`, {
        method: "POST", body: JSON.stringify(body), signal: stop.signal, credentials: "same-origin",
        headers: { "content-type": "application/json", "x-qcw": "1" },
      });
      if (response.status === 401) throw "login";
      if (response.status >= 500 || response.status === 408 || response.status === 429) throw "offline";
      const text = await response.text();
      return { ok: response.ok, body: text ? JSON.parse(text) : {} };
    } finally {
      clearTimeout(patience);
    }
  }
}

const empty = (call) => ({ call, form: null, version: null, evaluation: null, changes: [], drafts: {} });

// One a person and window: it goes on sending when another call is opened.
function outboxOf(person, language) {
  const known = (window.__qcwOutboxes ||= new Map());
  if (!known.has(person)) known.set(person, new Outbox(person, language));
  const outbox = known.get(person);
  outbox.language = language;
  return outbox;
}
