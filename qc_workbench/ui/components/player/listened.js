// What this person has heard of the call and how long they were at work on it, kept here and told to the server.
const TELL_EVERY_MS = 10_000;
const IDLE_AFTER_MS = 60_000; // as in review/timer.py: of a longer silence only this much counts
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel"];

class Listened {
  constructor(player) {
    this.player = player;
    this.ranges = []; // in this visit; what the server knew before comes with the page
    this.untold = [];
    this.underway = null;
    this.spentMs = 0;
    this.signAt = 0;
    this.toldAt = Date.now();
    this.lastTime = 0;
    this.drawn = null;
    this.onSign = () => this.sign();
    this.onHide = () => { if (document.visibilityState === "hidden") this.tell(); };
    for (const name of SIGNS) window.addEventListener(name, this.onSign, { capture: true, passive: true });
    document.addEventListener("visibilitychange", this.onHide);
    window.addEventListener("pagehide", this.onHide);
    this.beat = setInterval(() => { if (Date.now() - this.toldAt >= TELL_EVERY_MS) this.tell(); }, 1000);
    this.sign();
  }

  destroy() {
    this.tell();
    clearInterval(this.beat);
    for (const name of SIGNS) window.removeEventListener(name, this.onSign, { capture: true });
    document.removeEventListener("visibilitychange", this.onHide);
    window.removeEventListener("pagehide", this.onHide);
  }

  sign() {
    const now = Date.now();
    if (this.signAt) this.spentMs += Math.min(Math.max(0, now - this.signAt), IDLE_AFTER_MS);
    this.signAt = now;
  }

  // A jump over a stretch does not count as hearing it: whoever moves the sound says where to.
  moved(to) {
    this.lastTime = to;
  }

  step(now, playing, rate) {
    const from = this.lastTime;
    this.lastTime = now;
    if (!playing) return;
    this.sign();
    if (now <= from || now - from > 1.5 * Math.max(1, rate)) return;
    Listened.add(this.ranges, from, now);
    Listened.add(this.untold, from, now);
  }

  // Grows the range that `from` goes on from; else begins one. A range is usually the last one.
  static add(ranges, from, to) {
    const last = ranges.at(-1);
    if (last && Math.abs(last[1] - from) < 0.05) last[1] = to;
    else ranges.push([from, to]);
  }

  tell() {
    const { heard_url: url, duration } = this.player.data;
    this.toldAt = Date.now();
    if (!url) return;
    if (!this.underway) {
      const spent = Math.round(this.spentMs / 100) / 10;
      if (!this.untold.length && spent < 1) return;
      const ranges = united(this.untold).map(([from, to]) => [Math.round(from * 100) / 100, Math.round(Math.min(to, duration || to) * 100) / 100]);
      this.underway = { token: token(), ranges: ranges.filter(([from, to]) => to > from), spent_s: spent };
      this.untold = [];
      this.spentMs = 0;
    } else if (this.underway.sending) return;
    // Until the server has answered the same words are sent again, under the same name: counted once.
    const { sending, ...words } = this.underway;
    this.underway.sending = true;
    post(url, words).then((answer) => {
      if (answer.status < 500) this.underway = null; // accepted, or refused for good
      else this.underway.sending = false;
    }, () => { if (this.underway) this.underway.sending = false; });
  }

  all() {
    return united([...this.player.data.heard.map((range) => [...range]), ...this.ranges.map((range) => [...range])]);
  }

  // [ranges, seconds] when there is more than was drawn before; null when nothing is new.
  news(now) {
    const state = `${this.ranges.length} ${Math.floor((this.ranges.at(-1)?.[1] ?? 0) * 4)} ${this.player.data.heard.length}`;
    if (state === this.drawn) return null;
    this.drawn = state;
    const ranges = this.all();
    return [ranges, ranges.reduce((sum, [from, to]) => sum + to - from, 0)];
  }
}
