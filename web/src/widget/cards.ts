/** 卡片: the draft to confirm, the filed order, the rating row. */

import type { Draft, FiledOrder, Option, Reply } from "../contract";
import { type Child, h, icon } from "../dom";
import { ELEMENT_NAMES, RATING_NAMES } from "../words";

const DONE = "M5 12.500l4.500 4.500L19 7.500";

function row(name: string, value: string): Child[] {
  return [h("dt", {}, name), h("dd", value ? {} : { class: "empty" }, value || "未填写")];
}

/** 诉求确认: the five elements as understood; options below confirm it, free text changes it. */
export function draftCard(draft: Draft): HTMLElement {
  const contact = [draft.name, draft.phone].filter(Boolean).join("　");
  return h(
    "section",
    { class: "card", "aria-label": "请核对诉求内容", "data-testid": "draft-card" },
    h("p", { class: "card-title" }, "请核对诉求内容", draft.type && h("span", { class: "tag" }, draft.type)),
    draft.text && h("p", { class: "draft-text", "data-testid": "draft-text" }, draft.text),
    h(
      "dl",
      {},
      ...ELEMENT_NAMES.flatMap(([key, name]) => row(name, draft.elements[key])),
      ...row("联系方式", contact || "不留联系方式"),
    ),
    h("p", { class: "hint" }, "有不对的地方，直接在下面输入要改的内容就行，例如“地点改成湖滨路18号”。"),
  );
}

/** 工单回执: what a citizen needs to ask about it later. */
export function orderCard(order: FiledOrder, filed: boolean): HTMLElement {
  const copied = h("span", { class: "copied", role: "status" });
  const note = `工单编号：${order.number}\n查询码：${order.query_code}`;
  return h(
    "section",
    { class: "card filed", "aria-label": "工单信息", "data-testid": "order-card" },
    h(
      "p",
      { class: "card-title" },
      filed && icon(DONE),
      filed ? "诉求已提交" : "工单信息",
      order.state_name && h("span", { class: "tag" }, order.state_name),
    ),
    h(
      "dl",
      { class: "codes" },
      h("dt", {}, "工单编号"),
      h("dd", { "data-testid": "order-number" }, order.number),
      ...(order.query_code
        ? [h("dt", {}, "查询码"), h("dd", { class: "code", "data-testid": "query-code" }, order.query_code)]
        : []),
    ),
    order.query_code &&
      h(
        "div",
        { class: "copy-row" },
        h(
          "button",
          {
            type: "button",
            class: "button",
            "data-testid": "copy-code",
            onclick: async (event: Event) => {
              const ok = await copy(note, event.currentTarget as HTMLElement);
              copied.textContent = ok ? "已复制" : "复制不成功，请手动抄录";
            },
          },
          "复制编号和查询码",
        ),
        copied,
      ),
    order.query_code && h("p", { class: "hint" }, "请保存好查询码，查询办理进度时要用到。"),
  );
}

async function copy(text: string, beside: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not a secure context, or not permitted: the old way.
    const field = h("textarea", { class: "hidden", readonly: true, tabindex: -1 });
    field.value = text;
    beside.after(field);
    field.select();
    const ok = document.execCommand("copy");
    field.remove();
    beside.focus();
    return ok;
  }
}

/** 满意度: five labelled buttons, best first. An option of the reply that means the same gives its id. */
export function ratingRow(reply: Reply, choose: (option: Option | null, label: string) => void): HTMLElement {
  return h(
    "div",
    { class: "ratings", role: "group", "aria-label": "请选择满意度" },
    ...RATING_NAMES.map(([value, name]) =>
      h(
        "button",
        {
          type: "button",
          class: "rating",
          "data-testid": `rating-${value}`,
          onclick: () => choose(ratingOption(reply, value), name),
        },
        h("b", { "aria-hidden": "true" }, String(value)),
        ratingLabel(name),
      ),
    ),
  );
}

/** A narrow button breaks the name between its words only: 非常／不满意. */
function ratingLabel(name: string): HTMLElement {
  const [, degree = "", rest = ""] = /^(非常|基本)?(.*)$/.exec(name) ?? [];
  return h("span", {}, degree && h("span", {}, degree), h("span", {}, rest));
}

function ratingOption(reply: Reply, value: number): Option | null {
  const name = RATING_NAMES.find(([rating]) => rating === value)?.[1];
  return reply.options.find((option) => option.label === name || isRatingId(option.id, value)) ?? null;
}

function isRatingId(id: string, value: number): boolean {
  return new RegExp(`^(.*\\D)?${value}$`).test(id);
}

/** The options that the rating row does not stand for. */
export function beyondRating(reply: Reply): Option[] {
  const used = RATING_NAMES.map(([value]) => ratingOption(reply, value));
  return reply.options.filter((option) => !used.includes(option));
}
