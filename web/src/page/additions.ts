/** 补充与催办: what a citizen can add to the own order: a reminder once a day, text, files. */

import type { OrderView } from "../contract";
import { h } from "../dom";
import { messageOf } from "../http";
import { fileSize, longTime } from "../time";

const MAX_TEXT = 2000;
const TYPES =
  ".jpg,.jpeg,.png,.gif,.webp,.heic,.pdf,.docx,.xlsx,.txt,.mp3,.m4a,.amr,.wav,.mp4,.mov,image/*,audio/*,video/*";

/** States after the handling, in which nobody can be urged. */
const DONE = ["answered", "closed", "callback", "archived", "rejected", "emergency_transferred"];

/** Each sends to the server and shows the order as it is then; raises when the server refuses. */
export interface Adding {
  urge(): Promise<void>;
  supplement(text: string): Promise<void>;
  attach(file: File): Promise<void>;
}

/** Labels need ids of their own where several parts are shown. */
let sections = 0;

function addedView(order: OrderView): HTMLElement | null {
  const texts = order.supplements ?? [];
  const files = order.attachments ?? [];
  if (!texts.length && !files.length) return null;
  return h(
    "ul",
    { class: "added", "data-testid": "result-added" },
    ...texts.map((one) =>
      h("li", {}, h("time", { datetime: one.at }, longTime(one.at)), h("p", { class: "long" }, one.text)),
    ),
    ...files.map((one) =>
      h(
        "li",
        {},
        h("time", { datetime: one.at }, longTime(one.at)),
        h("p", { class: "long" }, `附件：${one.name}（${fileSize(one.size)}）`),
      ),
    ),
  );
}

/** What was added so far, and the forms for what can be added now; null where there is neither. */
export function additionsView(order: OrderView, adding: Adding): HTMLElement | null {
  const may = order.may ?? { urge: false, supplement: false, attach: false };
  const added = addedView(order);
  if (!added && !may.urge && !may.supplement && !may.attach && !order.urges) return null;
  const id = `additions-${++sections}`;
  const problem = h("p", { class: "problem", role: "alert", "data-testid": "additions-error" });
  const text = h("textarea", {
    id: `${id}-text`,
    rows: 3,
    maxlength: MAX_TEXT,
    "data-testid": "supplement-text",
  });
  const file = h("input", { id: `${id}-file`, type: "file", accept: TYPES, "data-testid": "attachment-input" });
  const send = h("button", { type: "submit", class: "primary", "data-testid": "supplement-submit" }, "提交补充");
  const urge = h("button", { type: "button", "data-testid": "urge" }, "催办");
  const controls = [text, file, send, urge];

  /** One at a time; what was typed stays when the server refuses. */
  async function attempt(act: () => Promise<void>): Promise<void> {
    problem.textContent = "";
    for (const control of controls) control.disabled = true;
    try {
      await act();
    } catch (error) {
      problem.textContent = messageOf(error);
    } finally {
      for (const control of controls) control.disabled = false;
    }
  }

  urge.addEventListener("click", () => void attempt(() => adding.urge()));
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    void attempt(async () => {
      try {
        await adding.attach(chosen);
      } finally {
        file.value = "";
      }
    });
  });
  return h(
    "section",
    { class: "additions", "data-testid": "additions" },
    h("h3", {}, "补充与催办"),
    added,
    (may.urge || Boolean(order.urges)) &&
      h(
        "div",
        { class: "urge" },
        may.urge && urge,
        h(
          "span",
          { class: "help", "data-testid": "urged" },
          order.urges ? `您已催办${order.urges}次。` : "",
          may.urge ? "每天可以催办一次。" : DONE.includes(order.state) ? "这件事已经办完。" : "今天已经催办过，明天可以再催。",
        ),
      ),
    may.supplement &&
      h(
        "form",
        {
          novalidate: true,
          "data-testid": "supplement-form",
          onsubmit: (event: Event) => {
            event.preventDefault();
            const said = text.value.trim();
            if (!said) {
              problem.textContent = "请填写补充内容。";
              text.focus();
              return;
            }
            void attempt(() => adding.supplement(said));
          },
        },
        h("div", { class: "field" }, h("label", { for: `${id}-text` }, "补充情况（最多2000字）"), text),
        send,
      ),
    may.attach &&
      h(
        "div",
        { class: "field" },
        h("label", { for: `${id}-file` }, "上传附件"),
        h(
          "p",
          { class: "help" },
          `照片、录音、视频、PDF、Word、Excel或文本，单个不超过${order.attachment_megabytes ?? 10}MB。请不要上传与诉求无关的证件照片。`,
        ),
        file,
      ),
    problem,
  );
}
