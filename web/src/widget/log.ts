/** 对话区: the log of turns and notices, kept scrolled to what is new. */

import type { Turn } from "../contract";
import { h } from "../dom";
import { chatTime } from "../time";
import type { Outgoing } from "./conversation";
import type { OrderNews } from "./stream";
import { saidBubble, type TurnDoings, TurnView } from "./turn";

const NEAR_END = 120;

export class Log {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;
  private readonly news: HTMLButtonElement;
  private views: TurnView[] = [];
  private pending: HTMLElement | null = null;
  private notice: HTMLElement | null = null;
  private ready = true;

  constructor(private readonly doings: TurnDoings) {
    this.list = h("div", {
      class: "log",
      role: "log",
      "aria-live": "polite",
      "aria-label": "对话内容",
      tabindex: 0,
      "data-testid": "chat-log",
      onscroll: () => this.nearEnd() && this.news.setAttribute("hidden", ""),
    });
    this.news = h("button", { type: "button", class: "news", hidden: true, onclick: () => this.toEnd() }, "有新消息 ↓");
    this.element = h("div", { class: "log-frame" }, this.list, this.news);
  }

  /** Show these turns and nothing else. */
  show(turns: Turn[]): void {
    this.list.textContent = "";
    this.pending = this.notice = null;
    this.views = turns.map((turn) => new TurnView(turn, this.doings));
    for (const view of this.views) this.list.appendChild(view.element);
    this.update();
    this.toEnd();
  }

  add(turn: Turn, own: boolean): void {
    const follow = own || this.nearEnd();
    const view = new TurnView(turn, this.doings);
    const next = this.views.find((other) => other.turn.number > turn.number);
    this.list.insertBefore(view.element, next?.element ?? this.pending ?? this.notice);
    this.views = [...this.views, view].sort((a, b) => a.turn.number - b.turn.number);
    if (own) this.setPending(null);
    this.update();
    if (follow) this.scrollTo(view.element);
    else this.news.removeAttribute("hidden");
  }

  /** The bubble of what is on its way, with a sign of waiting. */
  setPending(outgoing: Outgoing | null): void {
    this.pending?.remove();
    this.pending = null;
    if (!outgoing) return;
    this.setNotice(null);
    this.pending = h(
      "article",
      { class: "turn pending", "data-testid": "turn-pending" },
      saidBubble(outgoing.text, "发送中"),
      h(
        "div",
        { class: "bubble answer waiting" },
        h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
        "正在为您查询，请稍候",
      ),
    );
    this.list.appendChild(this.pending);
    this.toEnd();
  }

  /** A message about something that went wrong, with what to do about it; null removes it. */
  setNotice(text: string | null, button = "", doing: (() => void) | null = null): void {
    this.notice?.remove();
    this.notice = null;
    if (!text) return;
    this.notice = h(
      "div",
      { class: "notice", "data-testid": "chat-notice" },
      h("p", {}, text),
      doing && h("button", { type: "button", class: "button", "data-testid": "chat-retry", onclick: doing }, button),
    );
    this.list.appendChild(this.notice);
    this.toEnd();
  }

  /** A step of an order, as a small line at the end. */
  addProgress(news: OrderNews): void {
    const follow = this.nearEnd();
    const { number, step } = news;
    const line = h(
      "p",
      { class: "progress", "data-testid": "progress" },
      `工单${number}：${step.name}${step.note ? `（${step.note}）` : ""} `,
      h("time", { datetime: step.at }, chatTime(step.at)),
    );
    this.list.insertBefore(line, this.pending ?? this.notice);
    if (follow) this.toEnd();
    else this.news.removeAttribute("hidden");
  }

  /** Whether buttons of the last turn may be pressed. */
  setReady(ready: boolean): void {
    this.ready = ready;
    this.list.setAttribute("aria-busy", String(!ready));
    this.update();
  }

  private update(): void {
    const last = this.views[this.views.length - 1];
    for (const view of this.views) view.update(view === last, this.ready);
  }

  private nearEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  private toEnd(): void {
    this.list.scrollTop = this.list.scrollHeight;
    this.news.setAttribute("hidden", "");
  }

  /** A long answer is read from its beginning. */
  private scrollTo(element: HTMLElement): void {
    this.list.scrollTop = Math.max(0, element.offsetTop - 12);
  }
}
