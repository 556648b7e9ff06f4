// The player of a call: sound, waveform, lanes of evidence, transcript and comments around one time.
const players = new WeakMap();
const REPORT_AGAIN_MS = 10 * 60 * 1000;
const MARK_S = 5; // heard of a comment on a second
let coming = null; // the call that is being opened, and whether Space was pressed for it

class Player {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.frame = 0;
    this.reportedAt = 0;
    this.toldPosition = -1;
    this.sound = new Sound(this);
    this.listened = new Listened(this);
    this.comments = new Comments(this);
    const listen = (target, name, action, options) => {
      target.addEventListener(name, action, options);
      this.leave.push(() => target.removeEventListener(name, action, options));
    };
    this.leave = [];
    listen(window, "keydown", (event) => onKey(this, event), { capture: true });
    listen(window, "qcw-play", (event) => { if (event.detail !== this) this.sound.audio.pause(); });
    listen(window, "qcw-seek", (event) => { this.seek(Number(event.detail.at) || 0); if (event.detail.play) this.sound.play(); });
    listen(window, "qcw-clip", (event) => this.sound.playClip(Number(event.detail.start), Number(event.detail.end)));
    listen(window, "qcw-leave", (event) => this.leaveFor(event.detail));
    listen(window, "qcw-stay", (event) => { if (event.detail.call === this.data.id) { this.box.inert = false; coming = null; } });
    listen(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.wave.recolour());
    const { audio } = this.sound;
    for (const name of ["timeupdate", "seeked", "durationchange", "ratechange", "ended"]) listen(audio, name, () => this.tick());
    listen(audio, "seeking", () => this.listened.moved(audio.currentTime));
    listen(audio, "play", () => this.started());
    listen(audio, "pause", () => { cancelAnimationFrame(this.frame); this.tick(); this.listened.tell(); });
    listen(audio, "error", () => this.failed());
    this.build();
    if (data.start_at > 0) this.seek(data.start_at);
    this.comments.send();
    if (coming?.plays && [data.id, undefined].includes(coming.call)) this.sound.play();
    coming = null;
  }

  // The call is done and another one is on its way: this one falls silent, and Space is the other one's already.
  leaveFor({ call, next }) {
    if (call !== this.data.id) return;
    this.sound.audio.pause();
    this.box.inert = true;
    coming = next === null ? null : { call: next, plays: coming?.plays ?? false };
  }

  // A new language, ruling or evidence: draw again, keep the sound where it is and the words half written.
  update(data) {
    const text = JSON.stringify(data);
    if (text !== this.text) {
      const moved = data.start_at !== this.data.start_at;
      const query = this.words.field?.value ?? "";
      this.wave.destroy();
      this.box.remove();
      this.data = data;
      this.build(text, query);
      if (moved && data.start_at > 0) this.seek(data.start_at);
    } else {
      this.wave.recolour();
    }
    this.tick();
  }

  destroy() {
    this.gone = true;
    cancelAnimationFrame(this.frame);
    this.listened.destroy();
    this.comments.destroy();
    for (const leave of this.leave) leave();
    this.wave.destroy();
    this.sound.destroy();
    this.box.remove();
  }

  get duration() {
    const { audio } = this.sound;
    return this.data.duration || (Number.isFinite(audio.duration) ? audio.duration : 0) || 1;
  }

  build(text = JSON.stringify(this.data), query = "") {
    const { data } = this;
    this.text = text;
    this.quiet = data.quiet.map(([start, end]) => ({ start, end }));
    this.listened.drawn = null;
    this.sound.load(data.url);
    this.box = make("section", "qcw");
    this.box.setAttribute("aria-label", data.labels.player);
    this.wave = new Waveform(this);
    this.lanes = new Lanes(this);
    this.words = new Words(this);
    this.sheet = keysDialog(this);
    const keys = make("p", "keys");
    keys.innerHTML = data.labels.keys; // from the catalogue, never from data
    this.box.append(this.bar(), this.comments.form, ...this.lanes.summary(), this.lanes.stage(), this.comments.list, this.words.draw(query), keys, this.sheet);
    this.root.append(this.box);
    this.wave.open();
    this.comments.draw();
    this.tick();
  }

  bar() {
    const { labels, clip, url, speeds, quiet } = this.data;
    const { sound } = this;
    const bar = make("div", "bar");
    this.play = makeButton("play", "▶", labels.play, () => sound.toggle());
    this.play.disabled = !url;
    this.clock = make("span", "clock");
    this.heardText = make("span", "heard");
    this.speed = make("select");
    this.speed.setAttribute("aria-label", labels.speed);
    this.speed.title = labels.speed;
    for (const rate of speeds) {
      const option = make("option", "", `${String(rate).replace(".", labels.decimal)}×`);
      option.value = rate;
      this.speed.append(option);
    }
    this.speed.addEventListener("change", () => { sound.rate(Number(this.speed.value)); sound.remember(); });
    bar.append(
      this.play,
      makeButton("", `−${STEP_S}`, labels.back, () => this.seek(sound.audio.currentTime - STEP_S)),
      makeButton("", `+${STEP_S}`, labels.forward, () => this.seek(sound.audio.currentTime + STEP_S)),
    );
    if (clip)
      bar.append(makeButton("clip", `${labels.clip} ${clock(clip[0])}–${clock(clip[1])}`, labels.clip_help, () => sound.playClip(clip[0], clip[1])));
    bar.append(this.clock, this.speed);
    this.skip = makeButton("toggle", labels.skip, labels.skip_help, () => { sound.toggleSkips(); this.tick(); });
    this.skip.disabled = !quiet.length;
    this.loop = makeButton("toggle", "↻", labels.loop, () => { sound.toggleLoop(); this.tick(); });
    bar.append(this.skip, this.loop, ...this.channelControls());
    const zoom = make("span", "group");
    zoom.append(
      makeButton("", "⊖", labels.zoom_out, () => this.wave.zoom(1 / ZOOM_STEP)),
      makeButton("", "⊕", labels.zoom_in, () => this.wave.zoom(ZOOM_STEP)),
    );
    bar.append(zoom);
    if (this.comments.may) bar.append(makeButton("", labels.comment, labels.comment_help, () => this.comments.open()));
    bar.append(makeButton("", "?", labels.keys_title, () => this.showKeys()), this.heardText);
    if (!url) bar.append(make("span", "problem", labels.no_sound));
    return bar;
  }

  // Which channel, and how loud each: only where there are two.
  channelControls() {
    const { sound, data } = this;
    const { labels } = data;
    this.volumes = [];
    this.channel = null;
    if (!sound.parties()) return [];
    this.channel = make("select");
    this.channel.setAttribute("aria-label", labels.channel);
    this.channel.title = labels.channel;
    for (const [value, label] of [["both", labels.both_channels], ...data.channels.map((channel) => [channel.party, channel.label])]) {
      const option = make("option", "", label);
      option.value = value;
      this.channel.append(option);
    }
    this.channel.addEventListener("change", () => sound.listenTo(this.channel.value));
    const sliders = data.channels.map((channel) => {
      const slider = make("input", `volume ${channel.party}`);
      slider.type = "range";
      slider.min = "0";
      slider.max = "1";
      slider.step = String(VOLUME_STEP);
      slider.setAttribute("aria-label", `${labels.volume}: ${channel.label}`);
      slider.title = slider.getAttribute("aria-label");
      slider.addEventListener("input", () => sound.volume(channel.party, Number(slider.value)));
      this.volumes.push([channel.party, slider]);
      return slider;
    });
    const group = make("span", "group");
    group.append(this.channel, ...sliders);
    return [group];
  }

  tick() {
    const { sound, data } = this;
    const { audio } = sound;
    const playing = !audio.paused;
    this.listened.step(audio.currentTime, playing, audio.playbackRate);
    const to = sound.jump(audio.currentTime);
    if (to !== null) { this.listened.moved(to); audio.currentTime = to; }
    const now = audio.currentTime;
    this.show("clock", this.clock, "textContent", `${clock(now)} / ${clock(this.duration)}`);
    this.show("time", this.box.dataset, "time", now.toFixed(2));
    this.show("playing", this.box.dataset, "playing", String(!audio.paused));
    if (this.show("sign", this.play, "textContent", audio.paused ? "▶" : "❚❚"))
      this.play.setAttribute("aria-label", audio.paused ? data.labels.play : data.labels.pause);
    this.show("speed", this.speed, "value", String(audio.playbackRate));
    if (this.show("second", this, "second", Math.round(now))) {
      this.wave.box.setAttribute("aria-valuenow", String(Math.round(now)));
      this.wave.box.setAttribute("aria-valuetext", `${clock(now)} / ${clock(this.duration)}`);
    }
    if (audio.paused) this.wave.cursor(now);
    this.tickControls();
    this.words.follow(now, playing);
    const news = this.listened.news();
    if (news) this.lanes.heard(...news);
    if (Math.abs(now - this.toldPosition) >= 1) {
      this.toldPosition = now;
      window.dispatchEvent(new CustomEvent("qcw-position", { detail: { at: now } }));
    }
  }

  tickControls() {
    const { sound } = this;
    this.skip.setAttribute("aria-pressed", String(sound.skips && !this.skip.disabled));
    this.lanes.quietBox.classList.toggle("skipped", sound.skips);
    this.loop.setAttribute("aria-pressed", String(sound.loops));
    this.loop.disabled = !sound.range;
    if (this.channel) this.show("channel", this.channel, "value", sound.channel);
    for (const [party, slider] of this.volumes) this.show(`volume ${party}`, slider, "value", String(sound.volumes[party]));
    this.show("heardchannel", this.box.dataset, "channel", sound.channel);
  }

  // Sixty times a second only what is different is written.
  show(name, node, property, value) {
    const drawn = (this.drawn ??= new Map());
    if (drawn.get(name)?.[0] === node && drawn.get(name)[1] === value && (property !== "value" || node.value === value)) return false;
    drawn.set(name, [node, value]);
    node[property] = value;
    return true;
  }

  started() {
    window.__qcwActive = this;
    window.dispatchEvent(new CustomEvent("qcw-play", { detail: this }));
    this.sound.route();
    // One line of the log a listening, not one a pause.
    if (this.data.played_url && Date.now() - this.reportedAt > REPORT_AGAIN_MS) {
      this.reportedAt = Date.now();
      fetch(this.data.played_url, { method: "POST" }).catch(() => { this.reportedAt = 0; });
    }
    const loop = () => { this.tick(); if (!this.sound.audio.paused) this.frame = requestAnimationFrame(loop); };
    this.frame = requestAnimationFrame(loop);
  }

  failed() {
    if (!this.sound.audio.getAttribute("src")) return;
    if (!this.box.querySelector(".bar .problem")) this.box.querySelector(".bar").append(make("span", "problem", this.data.labels.failed));
  }

  seek(to) {
    const { audio } = this.sound;
    this.sound.clipEnd = null;
    audio.currentTime = within(to, 0, this.duration - 0.05);
    this.listened.moved(audio.currentTime);
    this.tick();
  }

  // The next or the last thing to hear: evidence, a promise, a comment. It is played, as a click on it does.
  toMark(by) {
    const marks = [...this.data.bands, ...this.comments.all().filter((item) => item.from !== null).map((item) => ({ start: item.from, end: item.to ?? item.from + MARK_S }))]
      .sort((a, b) => a.start - b.start);
    const now = this.sound.audio.currentTime;
    const here = marks[this.mark];
    const at = here && now >= here.start - 0.1 && now <= here.end + 0.5 ? this.mark + by
      : by > 0 ? marks.findIndex((mark) => mark.start > now) : marks.findLastIndex((mark) => mark.start < now);
    this.mark = marks[at] ? at : by > 0 ? 0 : marks.length - 1;
    if (marks.length) this.sound.playClip(marks[this.mark].start, marks[this.mark].end);
  }

  // The range chosen on the waveform, or with keys (`draws`): what is looped, and what a comment is about.
  rangeIs(start, end, draws = false) {
    this.sound.setRange(Math.max(0, start), Math.min(end, this.duration));
    const { range } = this.sound;
    if (draws || !range) this.wave.select(range);
    this.box.dataset.range = range ? `${range.start.toFixed(1)}-${range.end.toFixed(1)}` : "";
    this.tick();
  }

  // Whoever stands beside the player on the page adds their keys: the list is of the page, not of a part of it.
  showKeys() {
    const others = [];
    window.dispatchEvent(new CustomEvent("qcw-keys", { detail: others }));
    this.sheet.querySelector(".others").replaceChildren(...others.flatMap(([title, keys]) =>
      [make("h3", "", title), ...keys.map((said) => make("p", "", said))]));
    if (!this.sheet.open) this.sheet.showModal();
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
