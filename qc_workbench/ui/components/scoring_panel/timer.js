// Time at work: a clock that stands still when nothing happens (review/timer.py).
class WorkClock {
  constructor(spent, idleAfter) {
    this.spent = spent;
    this.idleAfter = idleAfter * 1000;
    this.last = null;
  }

  sign() {
    this.spent = this.seconds();
    this.last = Date.now();
  }

  seconds() {
    if (this.last === null) return this.spent;
    return this.spent + Math.max(0, Math.min(Date.now() - this.last, this.idleAfter)) / 1000;
  }

  atLeast(spent) { this.spent = Math.max(this.spent, spent); }

  get isPaused() { return this.last === null || Date.now() - this.last >= this.idleAfter; }
}
