/** 评价记录与追评: what was rated after each closing, and one more comment on it. */

import type { OrderView, RatingView } from "../contract";
import { h } from "../dom";
import { messageOf } from "../http";
import { longTime } from "../time";

function ratingView(rating: RatingView): HTMLElement {
  const round = rating.round === 0 ? "首次办结" : `第${rating.round}次重办后`;
  const told = [
    rating.contacted ? "联系过" : "没有联系",
    rating.resolved ? "已解决" : "没有解决",
    rating.rating_name,
    ...rating.reason_tags,
  ];
  return h(
    "li",
    { "data-testid": `rating-${rating.round}` },
    h("b", {}, `${round}：${told.join("、")}`),
    h("time", { datetime: rating.answered_at }, longTime(rating.answered_at)),
    rating.comment && h("p", { class: "long" }, rating.comment),
    rating.followed_up_at &&
      h(
        "p",
        { class: "long", "data-testid": "rating-follow-up" },
        `追评（${longTime(rating.followed_up_at)}）：${rating.follow_up}`,
      ),
  );
}

let forms = 0;

function followUpForm(send: (text: string) => Promise<void>): HTMLElement {
  const id = `follow-up-${++forms}`;
  const text = h("textarea", { id, rows: 3, maxlength: 2000, "data-testid": "follow-up-text" });
  const problem = h("p", { class: "problem", role: "alert", "data-testid": "follow-up-error" });
  const button = h("button", { type: "submit", "data-testid": "follow-up-submit" }, "提交追评");
  const submit = async (): Promise<void> => {
    if (!text.value.trim()) {
      problem.textContent = "请填写追评内容。";
      text.focus();
      return;
    }
    problem.textContent = "";
    button.disabled = true;
    try {
      await send(text.value.trim());
    } catch (error) {
      problem.textContent = messageOf(error);
    } finally {
      button.disabled = false;
    }
  };
  return h(
    "form",
    {
      novalidate: true,
      "data-testid": "follow-up-form",
      onsubmit: (event: Event) => {
        event.preventDefault();
        void submit();
      },
    },
    h("div", { class: "field" }, h("label", { for: id }, "追评（评价后30天内可以追评一次）"), text),
    problem,
    button,
  );
}

/** All ratings of the order, and the form of the 追评 while it can be given; null where there is none of either. */
export function ratingsView(order: OrderView, send: (text: string) => Promise<void>): HTMLElement | null {
  const ratings = order.ratings ?? [];
  if (!ratings.length) return null;
  return h(
    "section",
    { "data-testid": "result-ratings" },
    h("h3", {}, "我的评价"),
    h("ol", { class: "steps" }, ...ratings.map(ratingView)),
    order.may_follow_up && followUpForm(send),
  );
}
