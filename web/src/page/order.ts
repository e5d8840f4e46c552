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

/** 分件办理: what else the citizen's appeal was split into, each with its own state, reply and satisfaction form. */
export interface PartView {
  order: OrderView;
  form: HTMLElement | null;
  additions?: HTMLElement | null;
}

/** 经办: who has the order now, for what and until when. */
function responsibleView(order: OrderView): HTMLElement | null {
  const now = order.responsible;
  if (!now) return null;
  const until = now.until ? `，期限${longTime(now.until)}` : "";
  return h("p", { class: "responsible", "data-testid": "result-responsible" }, `当前：${now.name}${now.task}${until}。`);
}

function partsView(parts: PartView[]): (HTMLElement | null)[] {
  if (!parts.length) return [];
  return [
    h("h3", {}, `您的诉求分为${parts.length + 1}件办理`),
    h("p", { class: "help" }, "本工单办理第1件，其余各件的进展如下，用同一个查询码查询。"),
    h(
      "ol",
      { class: "parts", start: 2, "data-testid": "result-parts" },
      ...parts.map(({ order, form, additions }) =>
        h(
          "li",
          { "data-testid": `result-part-${order.number}` },
          h("b", {}, order.number),
          h("span", { class: "state" }, order.state_name),
          h("p", { class: "long" }, order.text),
          facts([
            ["承办单位", order.department],
            ["办理期限", longTime(order.due_at)],
            ["办理答复", order.reply],
          ]),
          responsibleView(order),
          form,
          additions,
        ),
      ),
    ),
  ];
}

/** The order; `form` (the satisfaction form when it is due) stands after the reply it is about. */
export function orderView(
  order: OrderView,
  form: HTMLElement | null = null,
  parts: PartView[] = [],
  additions: HTMLElement | null = null,
): HTMLElement {
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
      ["办理期限", order.suspended ? `${due}（已挂起，暂不计时）` : due, "result-due"],
    ]),
    responsibleView(order),
    order.reply &&
      h(
        "section",
        { class: "reply" },
        h("h3", {}, "办理答复"),
        h("p", { class: "long", "data-testid": "result-reply" }, order.reply),
      ),
    form,
    ...partsView(parts),
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
    additions,
    h(
      "details",
      {},
      h("summary", {}, "我的诉求"),
      h("p", { class: "long" }, order.text),
      facts(ELEMENT_NAMES.map(([key, name]) => [name, order.elements[key]])),
    ),
  );
}
