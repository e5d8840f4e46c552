/** 工单进度: the citizen's view of an order: where it stands, until when, what was answered, what happened. */

import type { OrderView } from "../contract";
import { h } from "../dom";
import { longTime } from "../time";
import { ELEMENT_NAMES } from "../words";

function facts(rows: [string, string, string?][]): HTMLElement {
  return h(
    "dl",
    { class: "facts" },
    ...rows
      .filter(([, value]) => value)
      .flatMap(([name, value, testid]) => [h("dt", {}, name), h("dd", { "data-testid": testid }, value)]),
  );
}

/** The order; `form` (the satisfaction form when it is due) stands after the reply it is about. */
export function orderView(order: OrderView, form: HTMLElement | null = null): HTMLElement {
  const due = longTime(order.due_at);
  return h(
    "article",
    { class: "sheet order", "data-testid": "query-result", "aria-label": `工单${order.number}` },
    h(
      "header",
      { class: "order-head" },
      h("h2", { "data-testid": "result-number" }, order.number),
      h("span", { class: "state", "data-testid": "result-state" }, order.state_name),
      order.overdue && h("span", { class: "state late", "data-testid": "result-overdue" }, "已超期"),
    ),
    facts([
      ["诉求类型", order.type],
      ["提交时间", longTime(order.created_at)],
      ["承办单位", order.department],
      ["办理期限", due, "result-due"],
    ]),
    order.reply &&
      h(
        "section",
        { class: "reply" },
        h("h3", {}, "办理答复"),
        h("p", { class: "long", "data-testid": "result-reply" }, order.reply),
      ),
    form,
    h("h3", {}, "办理进度"),
    h(
      "ol",
      { class: "steps", "data-testid": "result-steps" },
      ...order.steps.map((step, index) =>
        h(
          "li",
          index === order.steps.length - 1 ? { class: "now", "aria-current": "step" } : {},
          h("b", {}, step.name),
          h("time", { datetime: step.at }, longTime(step.at)),
          step.note && h("p", { class: "long" }, step.note),
        ),
      ),
    ),
    h(
      "details",
      {},
      h("summary", {}, "我的诉求"),
      h("p", { class: "long" }, order.text),
      facts(ELEMENT_NAMES.map(([key, name]) => [name, order.elements[key]])),
    ),
  );
}
