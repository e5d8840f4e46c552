/** 一轮对话: what the citizen said and the answer, with its sources, buttons and marks. Text is shown as text only. */

import type { Citation, Option, Reply, Turn } from "../contract";
import { h, icon } from "../dom";
import { chatTime } from "../time";
import { beyondRating, draftCard, orderCard, ratingRow } from "./cards";

export interface TurnDoings {
  say(text: string, option: string | null): void;
  mark(turn: Turn, helpful: boolean): Promise<boolean>;
}

const WARN = "M12 8v5m0 3.500v.01M12 3l9.500 17h-19z";
const DIALLED = new Set(["110", "119", "120", "122", "12356", "12345"]);
const ANY_NUMBER = /()(\d+)/g;
const TOLD_TO_CALL = /(拨打)\s*(\d+)/g;

export class TurnView {
  readonly element: HTMLElement;
  private readonly answer: HTMLElement;
  /** Buttons that only make sense as long as this is the last turn. */
  private readonly choices: HTMLElement | null;

  constructor(
    readonly turn: Turn,
    private readonly doings: TurnDoings,
  ) {
    const { reply } = turn;
    this.choices = this.choicesOf(reply);
    this.answer = h(
      "div",
      {
        class: `bubble answer ${reply.outcome}`,
        tabindex: -1,
        "data-testid": "turn-reply",
        "data-outcome": reply.outcome,
      },
      h("span", { class: "hidden" }, "热线答复："),
      reply.outcome === "emergency" && h("div", { class: "urgent" }, icon(WARN), "紧急提示"),
      h("div", { class: "text", "data-testid": "reply-text" }, reply.text),
      dialRow(reply),
      reply.expects === "confirm" && reply.draft && draftCard(reply.draft),
      reply.order && orderCard(reply.order, reply.outcome === "filed"),
      reply.citations.length > 0 && citationList(reply.citations),
      reply.feedback && this.feedback(),
    );
    this.element = h(
      "article",
      { class: "turn", "data-testid": `turn-${turn.number}` },
      turn.text && saidBubble(turn.text, chatTime(turn.at)),
      this.answer,
      h("div", { class: "when" }, h("time", { datetime: turn.at }, chatTime(turn.at))),
      this.choices,
    );
  }

  /** Offer the buttons (`last`), and let them be pressed (`ready`). A turn that is not the last drops them. */
  update(last: boolean, ready: boolean): void {
    if (!this.choices) return;
    if (!last) {
      if (this.choices.isConnected) this.moveFocusFrom(this.choices);
      this.choices.remove();
      return;
    }
    if (!this.choices.isConnected) this.element.appendChild(this.choices);
    for (const button of this.choices.querySelectorAll("button")) {
      // Not `disabled`, which would throw the keyboard's focus away.
      if (ready) button.removeAttribute("aria-disabled");
      else button.setAttribute("aria-disabled", "true");
    }
  }

  focus(): void {
    this.answer.focus({ preventScroll: true });
  }

  private moveFocusFrom(part: HTMLElement): void {
    const root = part.getRootNode() as Document | ShadowRoot;
    if (root.activeElement && part.contains(root.activeElement)) this.focus();
  }

  private choicesOf(reply: Reply): HTMLElement | null {
    const rating = reply.expects === "rating";
    const options = rating ? beyondRating(reply) : reply.options;
    const say = (label: string, option: Option | null) => (event?: Event) => {
      const button = event?.currentTarget as HTMLElement | undefined;
      if (button?.getAttribute("aria-disabled") !== "true") this.doings.say(label, option?.id ?? null);
    };
    if (!rating && options.length === 0 && reply.related.length === 0) return null;
    return h(
      "div",
      { class: "choices" },
      rating && ratingRow(reply, (option, label) => this.chooseRating(option, label)),
      options.length > 0 &&
        h(
          "div",
          { class: "options", role: "group", "aria-label": "请选择" },
          ...options.map((option, index) =>
            h(
              "button",
              {
                type: "button",
                class: reply.expects === "confirm" && index === 0 ? "button primary" : "button",
                "data-testid": `option-${option.id}`,
                onclick: say(option.label, option),
              },
              option.label,
            ),
          ),
        ),
      reply.related.length > 0 &&
        h(
          "div",
          { class: "related", role: "group", "aria-label": "相关问题" },
          h("span", { class: "related-title" }, this.turn.number === 1 ? "您可以这样问" : "您可能还想问"),
          ...reply.related.map((other) =>
            h(
              "button",
              { type: "button", class: "chip", "data-testid": "related", onclick: say(other.title, null) },
              other.title,
            ),
          ),
        ),
    );
  }

  private chooseRating(option: Option | null, label: string): void {
    const blocked = this.choices?.querySelector(".rating")?.getAttribute("aria-disabled") === "true";
    if (!blocked) this.doings.say(option?.label ?? label, option?.id ?? null);
  }

  private feedback(): HTMLElement {
    const thanks = h("span", { class: "thanks", role: "status" });
    const buttons = [true, false].map((helpful) =>
      h(
        "button",
        {
          type: "button",
          class: "mark",
          "aria-pressed": String(this.turn.helpful === helpful),
          "data-testid": helpful ? "helpful-yes" : "helpful-no",
          onclick: async () => {
            if (this.turn.helpful === helpful || !(await this.doings.mark(this.turn, helpful))) return;
            for (const [index, button] of buttons.entries()) {
              button.setAttribute("aria-pressed", String((index === 0) === helpful));
            }
            thanks.textContent = helpful ? "感谢您的评价" : "已记录，您可以换个说法，或选择转人工";
          },
        },
        helpful ? "有帮助" : "没帮助",
      ),
    );
    return h("div", { class: "feedback", role: "group", "aria-label": "这个回答有帮助吗" }, ...buttons, thanks);
  }
}

/** The citizen's bubble. */
export function saidBubble(text: string, note: string): HTMLElement {
  return h(
    "div",
    { class: "bubble said", "data-testid": "turn-text", title: note },
    h("span", { class: "hidden" }, "您说："),
    h("span", { class: "text" }, text),
  );
}

function citationList(citations: Citation[]): HTMLElement {
  return h(
    "details",
    { class: "citations", "data-testid": "citations" },
    h("summary", {}, `依据（${citations.length}）`),
    h(
      "ol",
      {},
      ...citations.map((citation) =>
        h(
          "li",
          { "data-testid": "citation" },
          h("b", {}, citation.title),
          citation.locator && h("span", { class: "locator" }, citation.locator),
          citation.source && h("span", { class: "source" }, `来源：${citation.source}`),
        ),
      ),
    ),
  );
}

/** Public numbers to call with one tap: all that an emergency names, else those that the text says to call. */
function dialRow({ outcome, text }: Reply): HTMLElement | null {
  const found = [...text.matchAll(outcome === "emergency" ? ANY_NUMBER : TOLD_TO_CALL)].map((match) => match[2] ?? "");
  const numbers = [...new Set(found)].filter((number) => DIALLED.has(number));
  if (numbers.length === 0) return null;
  return h("div", { class: "dial" }, ...numbers.map((n) => h("a", { href: `tel:${n}`, class: "button" }, `拨打${n}`)));
}
