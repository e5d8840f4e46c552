import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h, reactive } from "vue";
import type { OrderAction, OrderDetail } from "../src/contract";
import ActionDialog from "../src/console/components/ActionDialog.vue";
import { forgetDepartments } from "../src/console/departments";
import { forgetDrafts } from "../src/console/drafts";
import { installElements } from "../src/console/elements";

const DISPATCH: OrderAction = { action: "dispatch", name: "派单", needs_reason: false, needs: ["department"] };
const REASSIGN: OrderAction = { action: "reassign", name: "改派", needs_reason: true, needs: ["department"] };
const RETURN: OrderAction = { action: "return", name: "退单", needs_reason: true, needs: [] };

function order(more: Partial<OrderDetail> = {}): OrderDetail {
  const candidates = ["gjj", "rsj", "cgj"].map((department, index) => ({
    department,
    name: `单位${index + 1}`,
    confidence: 0.6 - index * 0.2,
  }));
  return {
    id: 7,
    number: "20261121000007",
    version: 3,
    state_name: "待派单",
    text: "公积金怎么取",
    reply: "",
    actions: [DISPATCH, RETURN],
    dispatching: { candidates },
    ...more,
  } as OrderDetail;
}

let app: App;
let rows: unknown[];
let answers: { status: number; body: unknown }[];
let sent: Record<string, unknown>[];
let heard: Record<"done" | "stale" | "close", number>;
const shown = reactive({ order: order(), action: DISPATCH });

const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);

function reasonField(): HTMLTextAreaElement {
  const field = find<HTMLElement>("dialog-reason");
  return (field?.tagName === "TEXTAREA" ? field : field?.querySelector("textarea")) as HTMLTextAreaElement;
}

async function show(action: OrderAction, more: Partial<OrderDetail> = {}): Promise<void> {
  Object.assign(shown, { order: order(more), action });
  document.body.innerHTML = "<div id=app></div>";
  app = createApp({
    render: () =>
      h(ActionDialog, {
        ...shown,
        onDone: () => heard.done++,
        onStale: () => heard.stale++,
        onClose: () => heard.close++,
      }),
  });
  installElements(app);
  app.mount("#app");
  await vi.waitFor(() => expect(find("dialog-submit")).not.toBeNull());
}

beforeEach(() => {
  forgetDrafts();
  forgetDepartments();
  rows = [];
  answers = [];
  sent = [];
  heard = { done: 0, stale: 0, close: 0 };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    if (!String(url).endsWith("/actions")) return new Response(JSON.stringify(rows));
    sent.push(JSON.parse(String(init.body)) as Record<string, unknown>);
    const { status, body } = answers.shift() ?? { status: 200, body: order({ state_name: "已派单" }) };
    return new Response(JSON.stringify(body), { status });
  });
});

afterEach(() => {
  app.unmount();
  vi.unstubAllGlobals();
});

describe("an action on a work order", () => {
  it("proposes the best candidate and takes another by its number key", async () => {
    await show(DISPATCH);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "2", bubbles: true }));
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(heard.done).toBe(1));
    expect(sent).toEqual([
      {
        action: "dispatch",
        version: 3,
        reason: "",
        department: "rsj",
        supporting: null,
        reply: "",
        closing_kind: "",
        main: "",
      },
    ]);
  });

  it("begins with what a rule proposes, and whoever leads does not support", async () => {
    rows = ["gjj", "rsj", "cgj", "zjj"].map((code) => ({ code, name: code, duties: [], active: true, parent: "", jurisdiction: "" }));
    const candidates = order().dispatching?.candidates ?? [];
    const told = { decision: "review", department: "rsj", candidates, evidence: { supporting: ["cgj", "zjj", "gone"] } };
    await show(DISPATCH, { state: "pending_dispatch", dispatching: told } as never);
    await vi.waitFor(() => expect(find("dialog-supporting")).not.toBeNull());
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "3", bubbles: true }));
    await vi.waitFor(() => expect(find<HTMLInputElement>("candidate-3")?.checked).toBe(true));
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(heard.done).toBe(1));
    expect(sent[0]).toMatchObject({ department: "cgj", supporting: ["zjj"] });
  });

  it("takes a digit typed into a text as text", async () => {
    await show(DISPATCH);
    reasonField().dispatchEvent(new KeyboardEvent("keydown", { key: "3", bubbles: true }));
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.department).toBe("gjj");
  });

  it("gives an order to another department than the one that has it", async () => {
    await show(REASSIGN, { lead_department: "gjj", actions: [REASSIGN] });
    expect(document.body.textContent).not.toContain("单位1");
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "2", bubbles: true }));
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(find("dialog-error")?.textContent).toContain("请填写原因"));
    reasonField().value = "属城管职责";
    reasonField().dispatchEvent(new Event("input"));
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(heard.done).toBe(1));
    expect(sent[0]).toMatchObject({ action: "reassign", department: "cgj", reason: "属城管职责" });
  });

  it("asks for a reason where one is needed", async () => {
    await show(RETURN);
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(find("dialog-error")?.textContent).toContain("请填写原因"));
    expect(sent).toEqual([]);
  });

  it("keeps what was typed when someone else was faster, and sends it with the new version", async () => {
    await show(RETURN);
    reasonField().value = "不属于本单位职责";
    reasonField().dispatchEvent(new Event("input"));
    answers = [{ status: 409, body: { error: { code: "conflict", message: "这张工单刚被别人更新过。" } } }];
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(heard.stale).toBe(1));
    expect(find("dialog-error")?.textContent).toContain("这张工单刚被别人更新过。");
    shown.order = order({ version: 4 });
    await vi.waitFor(() => expect(reasonField().value).toBe("不属于本单位职责"));
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(heard.done).toBe(1));
    expect(sent.map((one) => [one.version, one.reason])).toEqual([
      [3, "不属于本单位职责"],
      [4, "不属于本单位职责"],
    ]);
  });

  it("still has what was typed when its dialog was closed by mistake, but not once it was sent", async () => {
    await show(RETURN);
    reasonField().value = "不属于本单位职责";
    reasonField().dispatchEvent(new Event("input"));
    app.unmount();
    await show(RETURN);
    expect(reasonField().value).toBe("不属于本单位职责");
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(heard.done).toBe(1));
    app.unmount();
    await show(RETURN);
    expect(reasonField().value).toBe("");
  });

  it("is closed when the order has moved on, but its text can still be copied", async () => {
    await show(RETURN);
    reasonField().value = "不属于本单位职责";
    reasonField().dispatchEvent(new Event("input"));
    shown.order = order({ version: 4, state_name: "已签收", actions: [] });
    await vi.waitFor(() => expect(document.body.textContent).toContain("工单已更新为“已签收”"));
    expect(reasonField().value).toBe("不属于本单位职责");
    find("dialog-submit")?.click();
    expect(sent).toEqual([]);
  });
});
