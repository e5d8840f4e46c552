/** 市民对话窗: the custom element `<hotline-widget>`. Attributes: `api` (origin of the server), `large`, `bar="none"`. */

import { h } from "../dom";
import { conversationClient } from "./client";
import { Composer } from "./composer";
import { Conversation, type Failure, type Outgoing } from "./conversation";
import { Log } from "./log";
import { Memory } from "./memory";
import { EventStream } from "./stream";
import { applyStyles } from "./styles";

const POLL_MS = 15_000;
const QUICK = [
  { text: "转人工", testid: "quick-agent" },
  { text: "我要投诉", testid: "quick-complaint" },
];

/** Where the script came from: the server to speak to when `api` is not given. */
let scriptOrigin = "";

export function setScriptOrigin(origin: string): void {
  scriptOrigin = origin;
}

export class HotlineWidget extends HTMLElement {
  static readonly observedAttributes = ["api", "large"];

  private memory!: Memory;
  private conversation!: Conversation;
  private log!: Log;
  private composer!: Composer;
  private largeButton: HTMLButtonElement | null = null;
  private question: HTMLElement | null = null;
  private timer = 0;
  private built = false;
  /** Pushes arrive, so that nothing needs to be asked for. */
  private live = false;
  private where = "";
  private readonly stream = new EventStream({
    turn: (turn) => this.conversation.receive(turn),
    order: (news) => this.log.addProgress(news),
    live: (on) => (this.live = on),
  });

  connectedCallback(): void {
    if (!this.built) this.build();
    document.addEventListener("visibilitychange", this.visibilityChanged);
    this.watch();
  }

  disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.visibilityChanged);
    window.clearInterval(this.timer);
    this.stream.close();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.built || before === after) return;
    if (name === "api") this.build();
    if (name === "large") this.showLarge();
  }

  /** 大字版 on or off; remembered on this device. Fires `hotline-large` with `detail.large`. */
  setLarge(on: boolean): void {
    this.memory.large = on;
    this.toggleAttribute("large", on);
    this.dispatchEvent(new CustomEvent("hotline-large", { detail: { large: on }, bubbles: true, composed: true }));
  }

  private get api(): string {
    return (this.getAttribute("api") || scriptOrigin || location.origin).replace(/\/+$/, "");
  }

  private build(): void {
    this.built = true;
    this.stream.close();
    this.where = "";
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.textContent = "";
    applyStyles(root);
    this.memory = new Memory(this.api);
    this.log = new Log({
      say: (text, option) => void this.say({ text, option }),
      mark: (turn, helpful) => this.conversation.mark(turn, helpful),
    });
    this.composer = new Composer(this.memory, (text) => void this.say({ text, option: null }));
    const client = conversationClient(this.api);
    this.conversation = new Conversation(client, this.memory, {
      shown: (turns) => {
        this.log.show(turns);
        this.where = client.events(this.conversation.current);
        this.listen();
      },
      arrived: (turn, own) => {
        this.log.add(turn, own);
        const order = turn.reply.order;
        if (order) {
          const event = new CustomEvent("hotline-order", { detail: { ...order }, bubbles: true, composed: true });
          this.dispatchEvent(event);
        }
      },
      busy: (busy) => this.setReady(!busy),
      sending: (outgoing) => this.log.setPending(outgoing),
      failed: (failure) => this.failed(failure),
    });
    this.largeButton = null;
    if (this.getAttribute("bar") !== "none") root.appendChild(this.bar());
    root.appendChild(this.log.element);
    root.appendChild(this.quick());
    root.appendChild(this.composer.element);
    this.toggleAttribute("large", this.memory.large || this.hasAttribute("large"));
    this.showLarge();
    void this.conversation.start();
  }

  private bar(): HTMLElement {
    this.largeButton = h(
      "button",
      {
        type: "button",
        class: "bar-button",
        "data-testid": "large-type",
        onclick: () => this.setLarge(!this.hasAttribute("large")),
      },
      "大字版",
    );
    return h("header", { class: "bar" }, h("h2", {}, "12345智能客服"), this.largeButton);
  }

  private quick(): HTMLElement {
    const renew = h(
      "button",
      { type: "button", class: "renew", "data-testid": "chat-renew", onclick: () => this.askRenewal() },
      "新会话",
    );
    return h(
      "div",
      { class: "quick", role: "group", "aria-label": "快捷操作" },
      ...QUICK.map(({ text, testid }) =>
        h(
          "button",
          {
            type: "button",
            class: "chip",
            "data-testid": testid,
            onclick: () => void this.say({ text, option: null }),
          },
          text,
        ),
      ),
      renew,
    );
  }

  /** Ask before the conversation leaves the screen; on a shared computer this is how one tidies up. */
  private askRenewal(): void {
    if (this.question) return this.closeQuestion();
    const begin = h(
      "button",
      {
        type: "button",
        class: "button primary",
        "data-testid": "renew-confirm",
        onclick: () => {
          this.closeQuestion();
          this.composer.delivered();
          void this.conversation.restart();
          this.composer.focus();
        },
      },
      "开始新会话",
    );
    const stay = h("button", { type: "button", class: "button", onclick: () => this.closeQuestion() }, "继续当前会话");
    this.question = h(
      "div",
      { class: "question", role: "group", "aria-label": "开始新会话" },
      h("p", {}, "开始新会话后，本页不再显示现在的对话。已提交的工单不受影响，可凭查询码查询。"),
      begin,
      stay,
    );
    this.composer.element.before(this.question);
    begin.focus();
  }

  private closeQuestion(): void {
    this.question?.remove();
    this.question = null;
    this.shadowRoot?.querySelector<HTMLElement>(".renew")?.focus({ preventScroll: true });
  }

  private async say(outgoing: Outgoing): Promise<void> {
    if (this.conversation.busy || !outgoing.text) return;
    // Only what stands in the field is taken from it; a button leaves a half-written text alone.
    const typed = outgoing.option === null && this.composer.text.trim() === outgoing.text;
    if (typed) this.composer.clearKeeping(outgoing.text);
    const delivered = await this.conversation.say(outgoing);
    if (delivered && typed) this.composer.delivered();
  }

  private failed({ message, outgoing }: Failure): void {
    if (!outgoing) {
      const cold = this.conversation.last === null;
      this.log.setNotice(message, "重新连接", cold ? () => void this.conversation.start() : null);
      return;
    }
    // A button's words can be pressed again, a person's own words go back where they can be seen and changed.
    const fromButton = outgoing.option !== null || QUICK.some(({ text }) => text === outgoing.text);
    if (!fromButton) this.composer.putBack(outgoing.text);
    this.log.setNotice(message, "重试", () => {
      const text = fromButton ? outgoing.text : this.composer.text.trim();
      void this.say(fromButton ? outgoing : { text, option: null });
    });
  }

  private setReady(ready: boolean): void {
    this.log.setReady(ready);
    this.composer.setBusy(!ready);
    for (const button of this.shadowRoot?.querySelectorAll(".quick .chip") ?? []) {
      if (ready) button.removeAttribute("aria-disabled");
      else button.setAttribute("aria-disabled", "true");
    }
  }

  private showLarge(): void {
    this.largeButton?.setAttribute("aria-pressed", String(this.hasAttribute("large")));
    this.composer.fit();
  }

  private readonly visibilityChanged = (): void => {
    if (!document.hidden) void this.conversation.poll();
    this.watch();
  };

  private watch(): void {
    window.clearInterval(this.timer);
    if (!document.hidden) this.timer = window.setInterval(() => this.live || void this.conversation.poll(), POLL_MS);
    this.listen();
  }

  /** Be told while somebody may look, of what comes after the last turn that is shown. */
  private listen(): void {
    if (document.hidden || !this.isConnected) this.stream.close();
    else if (this.where) this.stream.open(this.where, String(this.conversation.last?.number ?? 0));
  }
}
