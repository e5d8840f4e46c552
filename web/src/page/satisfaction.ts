/** 满意度评价: three questions kept apart (联系、解决、满意) and a comment. */

import { h } from "../dom";
import { messageOf } from "../http";
import { longTime } from "../time";
import { RATING_NAMES, REASON_TAGS } from "../words";

export interface SatisfactionAnswer {
  contacted: boolean;
  resolved: boolean;
  rating: number;
  reason_tags: string[];
  comment: string;
}

interface Choice {
  value: string;
  label: string;
  testid: string;
}

function question(name: string, legend: string, choices: Choice[], wide = false): HTMLFieldSetElement {
  return h(
    "fieldset",
    { class: wide ? "question wide" : "question" },
    h("legend", {}, legend),
    ...choices.map(({ value, label, testid }) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "radio", name, value, required: true, "data-testid": testid }),
        h("span", {}, label),
      ),
    ),
  );
}

function yesNo(name: string, yes: string, no: string): Choice[] {
  return [
    { value: "yes", label: yes, testid: `${name}-yes` },
    { value: "no", label: no, testid: `${name}-no` },
  ];
}

/** 差评: the reasons are asked for. */
const bad = (data: FormData): boolean => Number(data.get("rating") ?? 5) <= 2;

/** Each form on the page labels a comment field of its own. */
let forms = 0;

/** The form. `send` raises when the server refuses; what was filled in then stays. */
export function satisfactionForm(expires: string, send: (answer: SatisfactionAnswer) => Promise<void>): HTMLElement {
  const id = `comment-${++forms}`;
  const comment = h("textarea", { id, rows: 3, maxlength: 2000, "data-testid": "satisfaction-comment" });
  const reasons = h(
    "fieldset",
    { class: "question wide", hidden: true, "data-testid": "satisfaction-reasons" },
    h("legend", {}, "哪里没有办好？（可多选）"),
    ...REASON_TAGS.map((tag) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "checkbox", name: "reason", value: tag, "data-testid": `reason-${tag}` }),
        h("span", {}, tag),
      ),
    ),
  );
  const problem = h("p", { class: "problem", role: "alert", "data-testid": "satisfaction-error" });
  const button = h("button", { type: "submit", class: "primary", "data-testid": "satisfaction-submit" }, "提交评价");
  const submit = async (): Promise<void> => {
    const data = new FormData(form);
    const missing = ["contacted", "resolved", "rating"].find((name) => !data.get(name));
    if (missing) {
      problem.textContent = "还有问题没有回答，请选择后再提交。";
      form.querySelector<HTMLInputElement>(`input[name=${missing}]`)?.focus();
      return;
    }
    problem.textContent = "";
    button.disabled = true;
    try {
      await send({
        contacted: data.get("contacted") === "yes",
        resolved: data.get("resolved") === "yes",
        rating: Number(data.get("rating")),
        reason_tags: bad(data) ? data.getAll("reason").map(String) : [],
        comment: comment.value.trim(),
      });
    } catch (error) {
      problem.textContent = messageOf(error);
    } finally {
      button.disabled = false;
    }
  };
  const form = h(
    "form",
    {
      class: "satisfaction sheet",
      novalidate: true,
      "data-testid": "satisfaction-form",
      onchange: () => {
        reasons.hidden = !bad(new FormData(form));
      },
      onsubmit: (event: Event) => {
        event.preventDefault();
        void submit();
      },
    },
    h("h3", {}, "请评价这次办理"),
    h("p", { class: "help" }, `您的评价会直接影响这件事是否重新办理。请在${longTime(expires)}前提交。`),
    question("contacted", "一、承办单位联系过您吗？", yesNo("contacted", "联系过", "没有联系")),
    question("resolved", "二、问题解决了吗？", yesNo("resolved", "已解决", "没有解决")),
    question(
      "rating",
      "三、您对办理结果满意吗？",
      RATING_NAMES.map(([value, name]) => ({ value: String(value), label: name, testid: `satisfaction-${value}` })),
      true,
    ),
    reasons,
    h("div", { class: "field" }, h("label", { for: id }, "还想说的话（选填）"), comment),
    problem,
    button,
  );
  return form;
}
