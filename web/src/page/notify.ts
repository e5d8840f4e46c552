/** 进展通知: the citizen's own e-mail addresses that are told of each step, added and dropped under the query code. */

import { h } from "../dom";
import { messageOf, requestJson } from "../http";

interface OwnSubscriptions {
  open: boolean;
  limit: number;
  items: { id: number; kind: string; address: string }[];
}

/** What the order was found by. */
export interface QueryKey {
  query_code: string;
  phone_last4: string;
}

const URL = "/api/work-orders/subscriptions";

/** Folded until somebody wants it; nothing is asked of the server before. */
export function notifyView(key: QueryKey): HTMLElement {
  const problem = h("p", { class: "problem", role: "alert", "data-testid": "notify-error" });
  const list = h("ul", { class: "added", "data-testid": "notify-list" });
  const email = h("input", {
    id: "notify-email",
    type: "email",
    autocomplete: "email",
    maxlength: 254,
    required: true,
    "data-testid": "notify-email",
  });
  const send = h("button", { type: "submit", class: "primary", "data-testid": "notify-submit" }, "开通邮件通知");
  const form = h(
    "form",
    {
      novalidate: true,
      onsubmit: (event: Event) => {
        event.preventDefault();
        void add();
      },
    },
    h("p", { class: "help" }, "有新的进展时，系统会发邮件告诉您。邮件里只有工单编号和进展，没有您的个人信息。"),
    h("div", { class: "field" }, h("label", { for: "notify-email" }, "邮箱地址"), email),
    send,
  );
  let asked = false;

  function show(own: OwnSubscriptions): void {
    list.replaceChildren(
      ...own.items.map((one) =>
        h(
          "li",
          {},
          h("span", {}, `${one.address} `),
          h(
            "button",
            {
              type: "button",
              "aria-label": `取消通知：${one.address}`,
              "data-testid": "notify-drop",
              onclick: () => void attempt("/drop", { id: one.id }),
            },
            "取消",
          ),
        ),
      ),
    );
    form.hidden = own.items.length >= own.limit;
  }

  async function attempt(path: string, more: object = {}): Promise<boolean> {
    problem.textContent = "";
    send.disabled = true;
    try {
      show(await requestJson<OwnSubscriptions>(`${URL}${path}`, { method: "POST", body: { ...key, ...more } }));
      return true;
    } catch (error) {
      problem.textContent = messageOf(error);
      return false;
    } finally {
      send.disabled = false;
    }
  }

  async function add(): Promise<void> {
    if (!email.value.trim()) {
      problem.textContent = "请填写邮箱地址。";
      email.focus();
      return;
    }
    if (await attempt("", { email: email.value.trim() })) email.value = "";
  }

  const section = h(
    "details",
    { class: "notify", "data-testid": "notify" },
    h("summary", {}, "有新进展时通知我"),
    list,
    form,
    problem,
  );
  section.addEventListener("toggle", () => {
    if (!section.open || asked) return;
    asked = true;
    void attempt("/query");
  });
  return section;
}
