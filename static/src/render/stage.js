// The large picture: the latest frame until the person takes the film in hand.

export class Stage {
  constructor(root, wall) {
    this.root = root;
    this.wall = wall;
    this.part = (name) => root.querySelector(`[data-${name}]`);
    this.isFollowing = true;
    this.number = root.dataset.number ? Number(root.dataset.number) : null;
    this.part("scrub").addEventListener("input", () => {
      this.stop();
      this.isFollowing = this.index === this.wall.landed.length - 1;
      this.show(this.wall.landed[this.index]);
    });
    this.part("play").addEventListener("click", () => (this.timer ? this.stop() : this.play()));
    this.refresh();
  }

  get index() {
    return Number(this.part("scrub").value);
  }

  /** Frames have landed: the film has grown. `latest` is the newest of them. */
  refresh(latest) {
    const { landed } = this.wall;
    const scrub = this.part("scrub");
    scrub.max = Math.max(0, landed.length - 1);
    scrub.disabled = landed.length < 2;
    this.part("play").disabled = landed.length < 2;
    if (latest && this.isFollowing && !this.timer) this.show(latest);
    else if (this.number !== null) scrub.value = landed.findIndex((frame) => frame.number === this.number);
  }

  /** The picture is put in place when it is loaded, so that nothing flickers. */
  async show(frame) {
    if (!frame) return;
    this.number = frame.number;
    const next = new Image();
    next.src = frame.picture;
    await next.decode().catch(() => {});
    if (this.number !== frame.number || !next.naturalWidth) return;
    let image = this.part("stage-image");
    if (!image) {
      image = document.createElement("img");
      image.dataset.stageImage = "";
      this.part("stage-link").append(image);
      this.part("stage-empty").hidden = true;
    }
    image.width = next.naturalWidth;
    image.height = next.naturalHeight;
    image.src = frame.picture;
    image.alt = `Frame ${frame.number}`;
    this.part("stage-link").href = frame.link;
    this.part("stage-number").textContent = `Frame ${frame.number}`;
    this.part("scrub").value = this.wall.landed.findIndex((other) => other.number === frame.number);
  }

  play() {
    this.isFollowing = false;
    const fps = Math.min(30, Number(this.root.dataset.fps) || 24);
    if (this.index >= this.wall.landed.length - 1) this.part("scrub").value = 0;
    let isLoading = false;
    this.timer = setInterval(async () => {
      if (isLoading) return; // a slow line plays slower, it does not skip
      isLoading = true;
      const next = (this.index + 1) % this.wall.landed.length;
      this.part("scrub").value = next;
      await this.show(this.wall.landed[next]);
      isLoading = false;
    }, 1000 / fps);
    this.part("play").setAttribute("aria-pressed", "true");
    this.part("play").setAttribute("aria-label", "Stop");
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.part("play").setAttribute("aria-pressed", "false");
    this.part("play").setAttribute("aria-label", "Play the frames that are here");
  }
}
