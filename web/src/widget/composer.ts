/** 输入框: the text field with its send button, counter and keyboard; keeps the unsent text for a reload. */

import { h, icon } from "../dom";
import { MAX_CHARACTERS } from "./conversation";
import type { Memory } from "./memory";

const COUNT_FROM = 900;
const SEND = "M4 12h15M13 6l6 6-6 6";

export class Composer {
  readonly element: HTMLElement;
  private readonly input: HTMLTextAreaElement;
  private readonly button: HTMLButtonElement;
  private readonly count: HTMLElement;
  private busy = false;
  /** Sent, but not yet known to have arrived. */
  private onItsWay = "";

  constructor(
    private readonly memory: Memory,
    private readonly send: (text: string) => void,
  ) {
    this.input = h("textarea", {
      id: "input",
      class: "input",
      rows: 1,
      placeholder: "请输入您的问题或诉求",
      "aria-describedby": "count",
      enterkeyhint: "send",
      autocomplete: "off",
      "data-testid": "chat-input",
      oninput: () => this.changed(),
      onkeydown: (event: KeyboardEvent) => this.pressed(event),
    });
    this.button = h(
      "button",
      { type: "submit", class: "send", "aria-label": "发送", "data-testid": "chat-send" },
      icon(SEND),
      h("span", { class: "send-label" }, "发送"),
    );
    this.count = h("div", { id: "count", class: "count", "aria-live": "polite", "data-testid": "chat-count" });
    this.element = h(
      "form",
      {
        class: "composer",
        onsubmit: (event: Event) => {
          event.preventDefault();
          this.submit();
        },
      },
      h("label", { class: "hidden", for: "input" }, "您的问题或诉求"),
      this.input,
      this.button,
      this.count,
    );
    this.input.value = memory.draft;
    this.changed();
  }

  get text(): string {
    return this.input.value;
  }

  set text(value: string) {
    this.input.value = value;
    this.changed();
  }

  focus(): void {
    this.input.focus();
  }

  /** While something is on its way one may go on typing, but not send. */
  setBusy(busy: boolean): void {
    this.busy = busy;
    this.update();
  }

  /** The field is emptied, but the text stays in memory until the server has it. */
  clearKeeping(outgoing: string): void {
    this.onItsWay = outgoing;
    this.input.value = "";
    this.changed();
  }

  /** Forget what `clearKeeping` kept; what was typed since stays. */
  delivered(): void {
    this.onItsWay = "";
    this.changed();
  }

  /** Put undelivered text back, before what was typed since. */
  putBack(text: string): void {
    this.onItsWay = "";
    const typed = this.input.value;
    if (typed.trim() !== text.trim()) this.text = typed.trim() ? `${text}\n${typed}` : text;
    else this.changed();
  }

  private changed(): void {
    this.memory.draft = [this.onItsWay, this.input.value].filter(Boolean).join("\n");
    this.update();
  }

  private update(): void {
    // Code points, as the server counts them; nothing is ever cut off.
    const length = [...this.input.value].length;
    const over = length - MAX_CHARACTERS;
    this.count.textContent =
      over > 0 ? `已超出${over}字，请精简后发送` : length >= COUNT_FROM ? `${length}/${MAX_CHARACTERS}` : "";
    this.count.classList.toggle("over", over > 0);
    this.input.setAttribute("aria-invalid", String(over > 0));
    this.button.disabled = this.busy || over > 0 || !this.input.value.trim();
    this.fit();
  }

  /** As high as its text, up to the style sheet's limit. */
  fit(): void {
    this.input.style.height = "auto";
    const height = this.input.scrollHeight;
    if (height) this.input.style.height = `${height + 2}px`;
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey) return;
    // While an input method composes, Enter chooses a word. Safari reports it after composing, with code 229.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  private submit(): void {
    if (this.button.disabled) return;
    this.send(this.input.value.trim());
  }
}
