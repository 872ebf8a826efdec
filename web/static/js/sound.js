// A short tone.
const SECONDS = 0.18;
const PITCHES = [880, 660];

export class Sound {
  constructor() {
    this.context = null;
    this.isOn = false;
  }

  /** Switches the tone; browsers allow sound only after a click or key. */
  async toggle() {
    this.isOn = !this.isOn;
    if (this.isOn) {
      this.context ??= new AudioContext();
      await this.context.resume();
    }
    return this.isOn;
  }

  play() {
    if (!this.isOn) return;
    const { context } = this;
    PITCHES.forEach((pitch, at) => {
      const begin = context.currentTime + at * SECONDS;
      const tone = new OscillatorNode(context, { frequency: pitch });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(0.2, begin + 0.01);
      volume.gain.linearRampToValueAtTime(0, begin + SECONDS);
      tone.connect(volume).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + SECONDS);
    });
  }
}
