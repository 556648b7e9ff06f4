// The player: sound, waveform of stored peaks, evidence on the time line, transcript that follows.
// No decoding in the browser, no library, nothing loaded from elsewhere.
const players = new WeakMap();
const STEP_S = 5;
const SMALL_STEP_S = 1;
const SLOT_S = 0.25; // seconds: the grain of what was heard
const REPORT_AGAIN_MS = 10 * 60 * 1000;
const UNSURE_BELOW = 0.5;

const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

class Player {
  constructor(root, data) {
    this.root = root;
    this.audio = new Audio();
    this.audio.preload = "none"; // nothing travels before somebody listens; the length is known
    this.audio.preservesPitch = true;
    this.reportedAt = 0;
    this.clipEnd = null;
    this.slots = new Set();
    this.lastTime = 0;
    this.frame = 0;
    this.onKey = (event) => this.key(event);
    this.onOther = (event) => { if (event.detail !== this) this.audio.pause(); };
    document.addEventListener("keydown", this.onKey);
    window.addEventListener("qcw-play", this.onOther);
    for (const name of ["timeupdate", "seeked", "durationchange", "ratechange", "ended"])
      this.audio.addEventListener(name, () => this.tick());
    this.audio.addEventListener("play", () => this.started());
    this.audio.addEventListener("pause", () => { cancelAnimationFrame(this.frame); this.tick(); });
    this.audio.addEventListener("error", () => this.failed());
    this.build(data);
    this.resize = new ResizeObserver(() => this.draw());
    this.resize.observe(this.wave);
    this.colours = matchMedia("(prefers-color-scheme: dark)");
    if (data.start_at > 0) this.seek(data.start_at);
  }

  // A new language, ruling or evidence: draw again, keep the sound where it is.
  update(data) {
    if (JSON.stringify(data) !== JSON.stringify(this.data)) {
      const moved = data.start_at !== this.data.start_at;
      this.box.remove();
      this.build(data);
      this.resize.disconnect();
      this.resize.observe(this.wave);
      if (moved && data.start_at > 0) this.seek(data.start_at);
    }
    this.draw();
    this.tick();
  }

  destroy() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    cancelAnimationFrame(this.frame);
    document.removeEventListener("keydown", this.onKey);
    window.removeEventListener("qcw-play", this.onOther);
    this.resize.disconnect();
    this.box.remove();
  }

  get duration() {
    return this.data.duration || (Number.isFinite(this.audio.duration) ? this.audio.duration : 0) || 1;
  }

  build(data) {
    this.data = data;
    this.drawnSlots = -1;
    const path = (url) => url && url.split("?")[0];
    if (data.url && path(this.audio.getAttribute("src")) !== path(data.url)) this.audio.src = data.url;
    const box = (this.box = make("section", "qcw"));
    box.setAttribute("aria-label", data.labels.player);
    box.append(this.bar(), ...this.summary(), this.stage(), this.transcript());
    this.root.append(box);
    this.draw();
    this.tick();
  }

  button(className, text, label, action) {
    const button = make("button", className, text);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.title = label;
    button.addEventListener("click", action);
    return button;
  }

  bar() {
    const { labels, clip, url } = this.data;
    const bar = make("div", "bar");
    this.play = this.button("play", "▶", labels.play, () => this.toggle());
    this.play.disabled = !url;
    this.clock = make("span", "clock");
    this.heard = make("span", "heard");
    this.speed = make("select");
    this.speed.setAttribute("aria-label", labels.speed);
    this.speed.title = labels.speed;
    for (const rate of this.data.speeds) {
      const option = make("option", "", `${String(rate).replace(".", labels.decimal)}×`);
      option.value = rate;
      this.speed.append(option);
    }
    this.speed.value = String(this.audio.playbackRate);
    this.speed.addEventListener("change", () => this.rate(Number(this.speed.value)));
    bar.append(
      this.play,
      this.button("", `−${STEP_S}`, labels.back, () => this.seek(this.audio.currentTime - STEP_S)),
      this.button("", `+${STEP_S}`, labels.forward, () => this.seek(this.audio.currentTime + STEP_S)),
    );
    if (clip) {
      const button = this.button("clip", `${labels.clip} ${clock(clip[0])}–${clock(clip[1])}`, labels.clip_help,
        () => this.playClip(clip[0], clip[1]));
      bar.append(button);
    }
    bar.append(this.clock, this.speed, this.heard);
    if (!url) bar.append(make("span", "problem", labels.no_sound));
    return bar;
  }

  stage() {
    const { channels, bands, labels } = this.data;
    const stage = make("div", "stage");
    const names = make("div", "names");
    for (const channel of channels) names.append(make("span", channel.party, channel.label));
    this.wave = make("div", channels.length < 2 ? "wave mono" : "wave");
    this.wave.tabIndex = 0;
    this.wave.setAttribute("role", "slider");
    this.wave.setAttribute("aria-label", labels.timeline);
    this.wave.setAttribute("aria-valuemin", "0");
    this.wave.setAttribute("aria-valuemax", String(Math.round(this.duration)));
    this.base = make("canvas", "base");
    this.full = make("canvas", "full");
    this.head = make("div", "head");
    this.wave.append(this.base, this.full);
    if (!this.data.peaks.length) this.wave.append(make("div", "none", labels.no_wave));
    for (const band of bands) {
      const shade = make("div", `shade ${band.side}`);
      this.place(shade, band.start, band.end);
      this.wave.append(shade);
    }
    this.wave.append(this.head);
    const at = (event) => {
      const frame = this.wave.getBoundingClientRect();
      return ((event.clientX - frame.left) / frame.width) * this.duration;
    };
    this.wave.addEventListener("pointerdown", (event) => {
      this.wave.setPointerCapture(event.pointerId);
      this.seek(at(event));
    });
    this.wave.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.seek(at(event)); });
    stage.append(names, this.wave, make("span"), this.heardLine());
    this.strips(stage);
    stage.append(make("span"), this.ruler());
    for (const side of ["against", "for", "promise"]) this.lane(stage, side, bands.filter((band) => band.side === side));
    return stage;
  }

  // How much of the call was conversation, and what the rest was.
  summary() {
    const { line, labels } = this.data;
    if (!line) return [];
    const row = make("div", "summary");
    const words = make("strong", "", line.summary);
    words.title = labels.conversation_help;
    const mix = make("div", "mix");
    mix.setAttribute("aria-hidden", "true"); // the legend says the same in words
    const legend = make("ul", "legend");
    for (const [kind, label, seconds, length] of line.kinds) {
      const part = make("i", `k-${kind}`);
      part.style.flexGrow = seconds;
      part.title = `${label} ${length}`;
      mix.append(part);
      const entry = make("li");
      entry.append(make("i", `k-${kind}`), `${label} ${length}`);
      legend.append(entry);
    }
    row.append(words, mix);
    return [row, legend];
  }

  // A strip a channel: who or what was on the line. Speech outside the conversation is drawn low.
  strips(stage) {
    const { line, channels, labels } = this.data;
    if (!line) return;
    const box = make("div", "strips");
    channels.forEach((channel, index) => {
      const strip = make("div", "strip");
      for (const [where, start, end, kind, live, label] of line.segments) {
        if (where !== index) continue;
        const low = !live && ["agent", "customer", "person"].includes(kind);
        const part = make("i", `k-${kind}${low ? " low" : ""}`);
        part.style.left = `${(start / this.duration) * 100}%`;
        part.style.width = `${((end - start) / this.duration) * 100}%`;
        part.title = `${channel.label}: ${label} ${clock(start)}–${clock(end)}`;
        strip.append(part);
      }
      box.append(strip);
    });
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", line.kinds.map(([, label, , length]) => `${label} ${length}`).join(", "));
    stage.append(make("span", "lanelabel", labels.on_the_line), box);
  }

  heardLine() {
    this.heardBox = make("div", "heardline");
    return this.heardBox;
  }

  ruler() {
    const ruler = make("div", "ruler");
    const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200].find((size) => this.duration / size <= 10) || 3600;
    for (let at = step; at < this.duration * 0.985; at += step) {
      const mark = make("span", "", clock(at));
      mark.style.left = `${(at / this.duration) * 100}%`;
      ruler.append(mark);
    }
    return ruler;
  }

  // Bands that overlap in time get rows of their own.
  lane(stage, side, bands) {
    if (!bands.length) return;
    const lane = make("div", "lane");
    const ends = [];
    for (const band of [...bands].sort((a, b) => a.start - b.start)) {
      let row = ends.findIndex((end) => end <= band.start);
      if (row < 0) row = ends.push(0) - 1;
      ends[row] = Math.max(band.end, band.start + this.duration * 0.06);
      const text = band.quote ? `${band.label}: ${band.quote}` : band.label;
      const node = this.button(`band ${side}`, band.label, `${clock(band.start)}–${clock(band.end)} ${text}`,
        () => this.playClip(band.start, band.end));
      this.place(node, band.start, band.end);
      node.style.minWidth = "6%";
      node.style.top = `${row * 23}px`;
      lane.append(node);
    }
    lane.style.height = `${ends.length * 23}px`;
    stage.append(make("span", "lanelabel", this.data.labels[side]), lane);
  }

  place(node, start, end) {
    node.style.left = `${(start / this.duration) * 100}%`;
    node.style.width = `${(Math.max(end - start, 0.2) / this.duration) * 100}%`;
  }

  transcript() {
    const { turns, labels } = this.data;
    const box = make("div");
    this.words = [];
    this.turnNodes = [];
    this.list = make("div", this.data.short ? "turns short" : "turns");
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "region");
    this.list.setAttribute("aria-label", labels.transcript);
    for (const turn of turns) {
      const row = make("div", turn.suspect ? "turn suspect" : "turn");
      const time = this.button("at", clock(turn.start), `${labels.from_here} ${clock(turn.start)}`,
        () => this.seek(turn.start));
      const text = make("p");
      for (const [start, end, word, probability] of turn.words) {
        const node = make("span", probability < UNSURE_BELOW && !turn.suspect ? "word unsure" : "word", word.trim());
        node.dataset.start = start;
        this.words.push({ start, end, node });
        text.append(node, " ");
      }
      if (!turn.words.length) text.append(turn.text);
      if (turn.suspect) text.append(make("span", "why", turn.suspect));
      row.append(time, make("span", `who ${turn.party}`, turn.label), text);
      this.turnNodes.push({ start: turn.start, end: turn.end, node: row });
      this.list.append(row);
    }
    this.words.sort((a, b) => a.start - b.start);
    this.list.addEventListener("click", (event) => {
      const word = event.target.closest(".word");
      if (word) this.seek(Number(word.dataset.start));
    });
    if (turns.length) box.append(this.list);
    else box.append(make("div", "turns empty", labels.no_transcript));
    const keys = make("p", "keys");
    keys.innerHTML = labels.keys; // from the catalogue, never from data
    box.append(keys);
    return box;
  }

  draw() {
    const { peaks, channels } = this.data;
    const frame = this.wave.getBoundingClientRect();
    if (!frame.width) return;
    const scale = window.devicePixelRatio || 1;
    for (const canvas of [this.base, this.full]) {
      canvas.width = Math.round(frame.width * scale);
      canvas.height = Math.round(frame.height * scale);
      const pen = canvas.getContext("2d");
      const lane = canvas.height / Math.max(peaks.length, 1);
      peaks.forEach((channel, index) => {
        pen.fillStyle = getComputedStyle(this.box.querySelector(`.names .${channels[index].party}`)).color;
        const middle = lane * (index + 0.5);
        const bar = 2 * scale;
        for (let x = 0; x < canvas.width; x += bar + scale) {
          const from = Math.floor((x / canvas.width) * channel.length);
          const to = Math.max(from + 1, Math.floor(((x + bar + scale) / canvas.width) * channel.length));
          let loud = 0;
          for (let i = from; i < to && i < channel.length; i++) loud = Math.max(loud, channel[i]);
          // Square root: quiet speech stays visible beside loud tones.
          const height = Math.max(scale, Math.sqrt(loud / 100) * (lane - 6 * scale));
          pen.fillRect(x, middle - height / 2, bar, height);
        }
      });
    }
    this.tick();
  }

  tick() {
    const now = this.audio.currentTime;
    if (this.clipEnd !== null && now >= this.clipEnd && !this.audio.paused) {
      this.clipEnd = null;
      this.audio.pause();
      return;
    }
    const share = Math.min(1, now / this.duration);
    this.head.style.left = `${share * 100}%`;
    this.full.style.clipPath = `inset(0 ${(1 - share) * 100}% 0 0)`;
    this.clock.textContent = `${clock(now)} / ${clock(this.duration)}`;
    this.wave.setAttribute("aria-valuenow", String(Math.round(now)));
    this.wave.setAttribute("aria-valuetext", `${clock(now)} / ${clock(this.duration)}`);
    const playing = !this.audio.paused;
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.setAttribute("aria-label", playing ? this.data.labels.pause : this.data.labels.play);
    this.speed.value = String(this.audio.playbackRate);
    this.box.dataset.time = now.toFixed(2);
    this.box.dataset.playing = String(playing);
    this.follow(now, playing);
    this.heardSoFar(now, playing);
  }

  follow(now, playing) {
    let current = null;
    for (const turn of this.turnNodes) {
      const inside = now >= turn.start && now < turn.end && (now > 0 || playing);
      turn.node.classList.toggle("now", inside);
      if (inside) current = turn;
    }
    let word = null;
    for (const item of this.words) {
      if (item.start > now + 0.02) break;
      if (now < item.end + 0.05) word = item;
    }
    if (word !== this.lit) {
      if (this.lit) this.lit.node.classList.remove("now");
      if (word && (now > 0 || playing)) word.node.classList.add("now");
      this.lit = word;
    }
    if (playing && current && current !== this.followed) {
      const view = this.list.getBoundingClientRect();
      const row = current.node.getBoundingClientRect();
      if (row.top < view.top || row.bottom > view.bottom)
        this.list.scrollTop += row.top - view.top - view.height / 3;
      this.followed = current;
    }
  }

  // What was really listened to: a jump over a stretch does not count as hearing it.
  heardSoFar(now, playing) {
    const step = now - this.lastTime;
    if (playing && step > 0 && step < 1)
      for (let slot = Math.floor(this.lastTime / SLOT_S); slot <= now / SLOT_S; slot++) this.slots.add(slot);
    this.lastTime = now;
    if (this.slots.size === this.drawnSlots) return;
    this.drawnSlots = this.slots.size;
    this.heardBox.replaceChildren();
    let start = null;
    const last = Math.ceil(this.duration / SLOT_S);
    for (let slot = 0; slot <= last; slot++) {
      const has = this.slots.has(slot) && slot < last;
      if (has && start === null) start = slot;
      if (!has && start !== null) {
        const part = make("i");
        this.place(part, start * SLOT_S, Math.min(slot * SLOT_S, this.duration));
        this.heardBox.append(part);
        start = null;
      }
    }
    const percent = Math.min(100, Math.round(((this.slots.size * SLOT_S) / this.duration) * 100));
    this.heard.textContent = `${this.data.labels.heard} ${percent} %`;
  }

  started() {
    window.__qcwActive = this;
    window.dispatchEvent(new CustomEvent("qcw-play", { detail: this }));
    // One line of the log a listening, not one a pause.
    if (this.data.played_url && Date.now() - this.reportedAt > REPORT_AGAIN_MS) {
      this.reportedAt = Date.now();
      fetch(this.data.played_url, { method: "POST" }).catch(() => { this.reportedAt = 0; });
    }
    const loop = () => { this.tick(); if (!this.audio.paused) this.frame = requestAnimationFrame(loop); };
    this.frame = requestAnimationFrame(loop);
  }

  failed() {
    if (!this.audio.getAttribute("src")) return;
    this.box.querySelector(".bar").append(make("span", "problem", this.data.labels.failed));
  }

  toggle() {
    if (!this.audio.paused) { this.audio.pause(); return; }
    this.clipEnd = null;
    this.audio.play().catch(() => {});
  }

  playClip(start, end) {
    this.seek(start);
    this.clipEnd = end;
    this.audio.play().catch(() => {});
  }

  seek(to) {
    this.clipEnd = null;
    this.audio.currentTime = Math.max(0, Math.min(to, this.duration - 0.05));
    this.tick();
  }

  rate(value) {
    this.audio.playbackRate = value;
  }

  speedStep(by) {
    const speeds = this.data.speeds;
    const at = speeds.indexOf(this.audio.playbackRate);
    this.rate(speeds[Math.max(0, Math.min(speeds.length - 1, at + by))]);
  }

  // Keys by place on the keyboard (event.code): the same in the Russian and the English layout.
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.box.isConnected) return;
    if (window.__qcwActive && window.__qcwActive !== this && window.__qcwActive.box.isConnected) return;
    const target = event.composedPath()[0];
    const tag = target.tagName || "";
    if (target.isContentEditable || /^(INPUT|TEXTAREA)$/.test(tag)) return;
    if (/^(SELECT|OPTION)$/.test(tag)) return;
    const inside = event.composedPath().includes(this.box);
    if (/^(BUTTON|A|SUMMARY)$/.test(tag) && (event.code === "Space" || event.code === "Enter") &&
      !(inside && target === this.play)) return;
    if (!inside && target.closest?.("[role=listbox],[role=radiogroup],[role=tablist],[role=grid],[role=dialog]") ) return;
    const now = this.audio.currentTime;
    const actions = {
      Space: () => this.toggle(),
      KeyK: () => this.toggle(),
      KeyJ: () => this.seek(now - STEP_S),
      KeyL: () => this.seek(now + STEP_S),
      ArrowLeft: () => this.seek(now - (event.shiftKey ? SMALL_STEP_S : STEP_S)),
      ArrowRight: () => this.seek(now + (event.shiftKey ? SMALL_STEP_S : STEP_S)),
      Comma: () => this.speedStep(-1),
      Period: () => this.speedStep(1),
    };
    const action = actions[event.code];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

export default function (component) {
  const { data, parentElement } = component;
  let entry = players.get(parentElement);
  if (entry) clearTimeout(entry.leaving);
  if (entry && entry.player.data.id === data.id) entry.player.update(data);
  else {
    entry?.player.destroy();
    entry = { player: new Player(parentElement, data), leaving: 0 };
    players.set(parentElement, entry);
  }
  // A rerun of the page also comes through here: leave only when nobody draws us again.
  return () => {
    entry.leaving = setTimeout(() => { entry.player.destroy(); players.delete(parentElement); }, 400);
  };
}
