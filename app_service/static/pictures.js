// The light box: one picture over the page. Escape, the button and a click beside it close it.

export class LightBox {
  constructor(place) {
    this.dialog = document.createElement("dialog");
    this.dialog.className = "light-box";
    this.picture = document.createElement("img");
    this.save = document.createElement("a");
    this.save.className = "button small";
    this.save.download = "";
    this.save.textContent = "Save";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button small";
    close.textContent = "Close";
    close.addEventListener("click", () => this.dialog.close());
    const bar = document.createElement("p");
    bar.append(this.save, close);
    this.dialog.append(this.picture, bar);
    this.dialog.addEventListener("click", ({ target }) => {
      if (target === this.dialog) this.dialog.close();
    });
    place.append(this.dialog);
  }

  // `link` is the small picture's, which saves the file.
  open(link) {
    const small = link.querySelector("img");
    this.dialog.setAttribute("aria-label", small.alt);
    this.picture.src = small.src;
    this.picture.alt = small.alt;
    this.save.href = link.href;
    this.dialog.showModal();
  }
}
