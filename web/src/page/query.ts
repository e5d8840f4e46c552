/** 查询进度: query code and last four digits in, the citizen's own view of the order out. */

import type { OrderView } from "../contract";
import { h } from "../dom";
import { messageOf, requestJson } from "../http";
import { additionsView } from "./additions";
import { notifyView } from "./notify";
import { orderView } from "./order";
import { ratingsView } from "./ratings";
import { satisfactionForm } from "./satisfaction";

/** States after which nothing more is told. */
const OVER = ["archived", "rejected", "emergency_transferred"];

export class QueryPanel {
  /** Whether this hotline sends e-mail. */
  mayNotify = false;
  private readonly code = h("input", {
    id: "query-code",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    maxlength: 64,
    required: true,
    "aria-describedby": "query-help",
    "data-testid": "query-code-input",
  });
  private readonly last4 = h("input", {
    id: "query-last4",
    autocomplete: "off",
    inputmode: "numeric",
    maxlength: 4,
    pattern: "[0-9]{4}",
    placeholder: "未留手机号可不填",
    "data-testid": "query-last4-input",
  });
  private readonly button = h("button", { type: "submit", class: "primary", "data-testid": "query-submit" }, "查询");
  private readonly problem = h("p", { class: "problem", role: "alert", "data-testid": "query-error" });
  private readonly result = h("div", { class: "result", "aria-live": "polite" });

  constructor(place: HTMLElement) {
    place.append(
      h(
        "form",
        {
          class: "sheet query-form",
          novalidate: true,
          "data-testid": "query-form",
          onsubmit: (event: Event) => {
            event.preventDefault();
            void this.ask();
          },
        },
        h("h2", {}, "查询办理进度"),
        h(
          "p",
          { id: "query-help", class: "help" },
          "查询码在提交诉求时给出。请填写您留下的手机号后四位；没有留手机号的不用填。",
        ),
        h("div", { class: "field" }, h("label", { for: "query-code" }, "查询码"), this.code),
        h("div", { class: "field" }, h("label", { for: "query-last4" }, "手机号后四位"), this.last4),
        this.problem,
        this.button,
      ),
      this.result,
    );
  }

  fill(code: string): void {
    this.code.value = code;
  }

  private get input(): { query_code: string; phone_last4: string } {
    return { query_code: this.code.value.trim(), phone_last4: this.last4.value.trim() };
  }

  private async ask(): Promise<void> {
    const { query_code: code, phone_last4: last4 } = this.input;
    if (!code) return this.say("请填写查询码。", this.code);
    if (last4 && !/^\d{4}$/.test(last4)) return this.say("手机号后四位应为4位数字。", this.last4);
    this.problem.textContent = "";
    this.button.disabled = true;
    try {
      this.show(await requestJson<OrderView>("/api/work-orders/query", { method: "POST", body: this.input }));
    } catch (error) {
      this.result.textContent = "";
      this.say(messageOf(error), this.code);
    } finally {
      this.button.disabled = false;
    }
  }

  private say(text: string, field: HTMLElement): void {
    this.problem.textContent = text;
    field.focus();
  }

  /** The satisfaction form, where it is due, with what was rated before; of a part its number goes along. */
  private form(order: OrderView, number = ""): HTMLElement | null {
    const key = this.input;
    const ratings = ratingsView(order, async (text) => {
      const body = { ...key, text, number };
      this.show(await requestJson<OrderView>("/api/callbacks/follow-up", { method: "POST", body }));
    });
    if (order.callback?.state !== "due") return ratings;
    const form = satisfactionForm(order.callback.expires_at, async (answer) => {
      const body = { ...key, ...answer, number };
      const after = await requestJson<OrderView>("/api/callbacks/answer", { method: "POST", body });
      this.show(after);
      this.result.prepend(
        h(
          "p",
          { class: "sheet thanks", role: "status", "data-testid": "satisfaction-thanks" },
          "感谢您的评价，我们已经收到。",
        ),
      );
      this.result.scrollIntoView({ block: "start" });
    });
    return ratings ? h("div", {}, ratings, form) : form;
  }

  /** What the citizen can add, to the order or to its part with this number. */
  private additions(order: OrderView, number = ""): HTMLElement | null {
    const key = this.input;
    const post = async (path: string, more: Record<string, string> = {}): Promise<void> => {
      const body = { ...key, number, ...more };
      this.show(await requestJson<OrderView>(`/api/work-orders/${path}`, { method: "POST", body }));
    };
    return additionsView(order, {
      urge: () => post("urge"),
      supplement: (text) => post("supplements", { text }),
      attach: async (file) => {
        // In headers, because addresses end up in logs.
        const headers = {
          "X-Query-Code": encodeURIComponent(key.query_code),
          "X-Phone-Last4": encodeURIComponent(key.phone_last4),
        };
        const url = `/api/work-orders/attachments?${new URLSearchParams({ name: file.name, number })}`;
        this.show(await requestJson<OrderView>(url, { method: "POST", file, headers }));
      },
    });
  }

  private show(order: OrderView): void {
    const parts = (order.parts ?? []).map((part) => ({
      order: part,
      form: this.form(part, part.number),
      additions: this.additions(part, part.number),
    }));
    this.result.replaceChildren(orderView(order, this.form(order), parts, this.additions(order)));
    if (this.mayNotify && !OVER.includes(order.state)) this.result.append(notifyView(this.input));
    if (matchMedia("(max-width: 900px)").matches) this.result.scrollIntoView({ block: "start" });
  }
}
