// The waveform of each channel, drawn by wavesurfer.js from the stored peaks; nothing is decoded in the browser.
const MOST_PX_PER_S = 120;
const ZOOM_STEP = 1.6;
const MINE = "mark-";

class Waveform {
  constructor(player) {
    this.player = player;
    const { data } = player;
    this.mono = data.channels.length < 2;
    this.box = make("div", this.mono ? "wave mono" : "wave");
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "slider");
    this.box.setAttribute("aria-label", data.labels.timeline);
    this.box.setAttribute("aria-valuemin", "0");
    this.box.setAttribute("aria-valuemax", String(Math.round(player.duration)));
    this.overview = make("div", "overview");
    this.overview.title = data.labels.overview;
    this.view = make("i", "view");
    this.overview.append(this.view);
    this.rails = []; // lanes below that go along when the waveform is zoomed
    this.selection = null;
    this.marks = [];
    this.pxPerS = 0;
  }

  // Peaks travel as one byte each. The square root keeps quiet speech visible beside loud tones.
  static peaks(text) {
    const bytes = atob(text);
    const peaks = new Float32Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) peaks[i] = Math.sqrt(Math.min(100, bytes.charCodeAt(i)) / 100);
    return peaks;
  }

  open() {
    const { player } = this;
    const { data } = player;
    if (!data.peaks.length || !data.duration) {
      this.box.append(make("div", "none", data.labels.no_wave));
      this.box.addEventListener("click", (event) => player.seek(this.timeAt(event)));
      return;
    }
    const peaks = data.peaks.map(Waveform.peaks);
    this.regions = RegionsPlugin.create();
    this.surfer = WaveSurfer.create({
      container: this.box,
      media: player.sound.audio,
      peaks,
      duration: data.duration,
      height: this.mono ? 64 : 48,
      splitChannels: peaks.map((_, index) => this.colours(index)),
      barWidth: 2,
      barGap: 1,
      barMinHeight: 1,
      maxPeak: 1,
      cursorWidth: 2,
      cursorColor: this.colour("head"),
      autoScroll: true,
      autoCenter: false,
      plugins: [
        this.regions,
        TimelinePlugin.create({ height: 16, formatTimeCallback: clock, secondaryLabelOpacity: 0.6, style: { fontSize: "10px", color: this.colour("muted") } }),
        HoverPlugin.create({ lineColor: this.colour("muted"), labelBackground: this.colour("head"), labelColor: this.colour("paper"), formatTimeCallback: clock }),
      ],
    });
    this.surfer.on("interaction", (at) => player.seek(at));
    for (const name of ["scroll", "zoom", "redraw", "resize"]) this.surfer.on(name, () => this.follow());
    this.surfer.on("ready", () => {
      this.ready = true;
      player.box.dataset.wave = "ready";
      this.regions.enableDragSelection({ color: "color-mix(in srgb, var(--select) 22%, transparent)" }, 4);
      player.comments.draw(); // marks have a place only now
      this.select(player.sound.range);
      this.follow();
      this.cursor(player.sound.audio.currentTime);
    });
    this.regions.on("region-created", (region) => this.selected(region));
    this.regions.on("region-updated", (region) => { if (region === this.selection) this.player.rangeIs(region.start, region.end); });
    this.box.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, this.timeAt(event), event.clientX - this.box.getBoundingClientRect().left);
    }, { passive: false });
    const drag = (event) => {
      const frame = this.overview.getBoundingClientRect();
      const at = ((event.clientX - frame.left) / frame.width) * player.duration;
      this.surfer.setScrollTime(Math.max(0, at - this.shownS() / 2));
    };
    this.overview.addEventListener("pointerdown", (event) => { this.overview.setPointerCapture(event.pointerId); drag(event); });
    this.overview.addEventListener("pointermove", (event) => { if (event.buttons & 1) drag(event); });
  }

  destroy() {
    this.surfer?.destroy();
  }

  // The colours are the page's own; a canvas needs them by value.
  colour(name) {
    const probe = make("span", `c-${name}`);
    this.player.box.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  colours(index) {
    const own = this.colour(this.player.data.channels[index]?.party ?? "unknown");
    return { waveColor: own.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*$/, "rgba($1,$2,$3,0.45)"), progressColor: own };
  }

  recolour() {
    if (!this.surfer) return;
    const splitChannels = this.player.data.peaks.map((_, index) => this.colours(index));
    if (JSON.stringify(splitChannels) !== JSON.stringify(this.surfer.options.splitChannels))
      this.surfer.setOptions({ splitChannels, cursorColor: this.colour("head") });
  }

  // wavesurfer follows the sound by itself once there is some; before that a seek is told to it.
  cursor(now) {
    if (!this.ready || now === this.shown) return;
    this.shown = now;
    this.surfer.getRenderer().renderProgress(now / this.player.duration, false);
  }

  fit() {
    return this.box.clientWidth / this.player.duration;
  }

  shownS() {
    return Math.min(this.player.duration, this.box.clientWidth / Math.max(this.pxPerS, this.fit()));
  }

  // `at` stays where it is on the screen: the sound's place, or where the pointer is.
  zoom(factor, at = this.player.sound.audio.currentTime, x = null) {
    if (!this.ready) return;
    const fit = this.fit();
    const before = Math.max(this.pxPerS, fit);
    const wanted = within(before * factor, fit, Math.max(fit, MOST_PX_PER_S));
    const place = x ?? within(at * before - this.surfer.getScroll(), 0, this.box.clientWidth);
    this.pxPerS = wanted <= fit * 1.001 ? 0 : wanted;
    this.surfer.zoom(this.pxPerS);
    this.surfer.setScroll(this.pxPerS ? Math.max(0, at * wanted - place) : 0);
    this.follow();
  }

  timeAt(event) {
    const frame = this.box.getBoundingClientRect();
    const scroll = this.surfer ? this.surfer.getScroll() : 0;
    return ((event.clientX - frame.left + scroll) / Math.max(this.pxPerS, this.fit()));
  }

  // Lanes below go where the waveform is; the thin line above shows which part of the call that is.
  follow() {
    const width = this.box.clientWidth;
    if (!this.surfer || !width) return;
    const whole = Math.max(this.pxPerS, this.fit()) * this.player.duration;
    const scroll = this.surfer.getScroll();
    const is = `${whole} ${scroll}`;
    if (is === this.was) return;
    this.was = is;
    const zoomed = whole > width * 1.001;
    this.overview.classList.toggle("zoomed", zoomed);
    this.view.style.left = `${(scroll / whole) * 100}%`;
    this.view.style.width = `${(width / whole) * 100}%`;
    for (const rail of this.rails) {
      rail.style.width = zoomed ? `${(whole / width) * 100}%` : "";
      rail.style.transform = zoomed ? `translateX(${-scroll}px)` : "";
    }
    this.player.box.dataset.zoom = (whole / width).toFixed(2);
  }

  // Evidence and comments on the waveform itself. They are looked at; a click goes to the second below them.
  mark(id, start, end, colour) {
    if (!this.ready) return;
    const region = this.regions.addRegion({ id: MINE + id, start, end, color: colour, drag: false, resize: false });
    if (region.element) region.element.style.pointerEvents = "none";
    this.marks.push(region);
  }

  clearMarks() {
    for (const region of this.marks) region.remove();
    this.marks = [];
  }

  selected(region) {
    if (region.id.startsWith(MINE) || region === this.selection) return;
    this.selection?.remove();
    this.selection = region;
    this.player.rangeIs(region.start, region.end);
  }

  // The range set with keys, or none.
  select(range) {
    if (this.selection && range && this.selection.start === range.start && this.selection.end === range.end) return;
    const old = this.selection;
    this.selection = null;
    old?.remove();
    if (range && this.ready)
      this.regions.addRegion({ start: range.start, end: range.end, color: "color-mix(in srgb, var(--select) 22%, transparent)" });
  }
}
