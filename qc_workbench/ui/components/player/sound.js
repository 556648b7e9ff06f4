// The sound: speed, one channel or both, stretches of silence jumped over, a range that comes again.
const STEP_S = 5;
const SMALL_STEP_S = 1;
const VOLUME_STEP = 0.1;
const AFTER_SPEECH_S = 0.3; // heard of a silence before it is jumped over, and of its end
const BEFORE_SPEECH_S = 0.2;

class Sound {
  constructor(player) {
    this.player = player;
    this.audio = new Audio();
    this.audio.preload = "none"; // nothing travels before somebody listens; the length is known
    this.audio.preservesPitch = true;
    const kept = remembered.get("player", {});
    this.skips = kept.skips === true;
    this.channel = ["both", "agent", "customer"].includes(kept.channel) ? kept.channel : "both";
    this.volumes = { agent: within(Number(kept.volumes?.agent ?? 1), 0, 1), customer: within(Number(kept.volumes?.customer ?? 1), 0, 1) };
    this.rate(within(Number(kept.rate) || 1, 0.5, 4));
    this.clipEnd = null;
    this.range = null;
    this.loops = false;
    this.graph = null;
  }

  load(url) {
    const path = (address) => address && address.split("?")[0];
    if (url && path(this.audio.getAttribute("src")) !== path(url)) this.audio.src = url;
  }

  destroy() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.graph?.context.close();
  }

  remember() {
    remembered.set("player", { skips: this.skips, channel: this.channel, volumes: this.volumes, rate: this.audio.playbackRate });
  }

  // Both are set: a new recording begins at the default one.
  rate(value) {
    this.audio.defaultPlaybackRate = value;
    this.audio.playbackRate = value;
  }

  speedStep(by) {
    const speeds = this.player.data.speeds;
    const at = speeds.findIndex((speed) => speed >= this.audio.playbackRate - 0.001);
    this.rate(speeds[within((at < 0 ? speeds.length - 1 : at) + by, 0, speeds.length - 1)]);
  }

  toggle() {
    if (!this.audio.paused) { this.audio.pause(); return; }
    this.clipEnd = null;
    this.play();
  }

  play() {
    this.route();
    this.graph?.context.resume();
    this.audio.play().catch(() => {});
  }

  playClip(start, end) {
    this.player.seek(start);
    this.clipEnd = end;
    this.play();
  }

  // Which of the two channels belongs to whom; a mono recording has nothing to choose.
  parties() {
    const { channels } = this.player.data;
    return channels.length === 2 ? channels.map((channel) => channel.party) : null;
  }

  listenTo(channel) {
    this.channel = channel;
    this.route();
    this.remember();
  }

  nextChannel() {
    const order = ["both", "agent", "customer"];
    if (this.parties()) this.listenTo(order[(order.indexOf(this.channel) + 1) % order.length]);
  }

  volume(party, value) {
    this.volumes[party] = within(Math.round(value * 100) / 100, 0, 1);
    this.route();
    this.remember();
  }

  // Web Audio comes in only when it is needed: until then the browser plays the recording itself.
  route() {
    const parties = this.parties();
    if (!parties || (!this.graph && this.channel === "both" && parties.every((party) => this.volumes[party] === 1))) return;
    if (!this.graph) {
      if (this.audio.paused && !navigator.userActivation?.hasBeenActive) return; // a context made now would be mute
      const context = new AudioContext();
      const splitter = context.createChannelSplitter(2);
      context.createMediaElementSource(this.audio).connect(splitter);
      const lanes = parties.map((_, index) => {
        const gain = context.createGain();
        const place = context.createStereoPanner();
        splitter.connect(gain, index);
        gain.connect(place).connect(context.destination);
        return { gain: gain.gain, place: place.pan };
      });
      this.graph = { context, lanes };
    }
    // Together each keeps its ear, as recorded; one alone is heard with both.
    this.graph.lanes.forEach((lane, index) => {
      const heard = this.channel === "both" || this.channel === parties[index];
      lane.gain.value = heard ? this.volumes[parties[index]] ?? 1 : 0;
      lane.place.value = this.channel === "both" ? 2 * index - 1 : 0;
    });
  }

  setRange(start, end) {
    this.range = end - start > 0.05 ? { start, end } : null;
    if (!this.range) this.loops = false;
  }

  toggleLoop() {
    if (!this.range) return;
    this.loops = !this.loops;
    const now = this.audio.currentTime;
    if (this.loops && (now < this.range.start || now >= this.range.end)) this.player.seek(this.range.start);
  }

  toggleSkips() {
    if (!this.player.data.quiet.length) return;
    this.skips = !this.skips;
    this.remember();
  }

  // Where the sound goes on instead of at `now`; null where it simply goes on.
  jump(now) {
    if (this.audio.paused) return null;
    if (this.clipEnd !== null && now >= this.clipEnd) {
      this.clipEnd = null;
      this.audio.pause();
      return null;
    }
    if (this.loops && this.range && now >= this.range.end) return this.range.start;
    if (!this.skips || this.clipEnd !== null) return null;
    const { quiet } = this.player;
    const stretch = quiet[begunBy(quiet, now) - 1];
    if (!stretch || now < stretch.start + AFTER_SPEECH_S) return null;
    const to = stretch.end - BEFORE_SPEECH_S;
    if (now >= to - 0.1) return null;
    // A loop that ends in a silence begins again instead of being left.
    return this.loops && this.range && to >= this.range.end ? this.range.start : to;
  }
}
