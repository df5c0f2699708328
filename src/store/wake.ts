/** Something to wait for. */

/** Something to wait for that may ring before anybody waits. */
export class Wake {
  #ring: () => void = () => {};
  #next: Promise<void> = this.#renew();

  next(): Promise<void> {
    return this.#next;
  }

  ring(): void {
    this.#ring();
    this.#next = this.#renew();
  }

  #renew(): Promise<void> {
    return new Promise((resolve) => {
      this.#ring = resolve;
    });
  }
}
