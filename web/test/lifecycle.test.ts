import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h, reactive } from "vue";
import type { OrderAction, OrderDetail } from "../src/contract";
import ActionDialog from "../src/console/components/ActionDialog.vue";
import AttachmentList from "../src/console/components/AttachmentList.vue";
import EventHistory from "../src/console/components/EventHistory.vue";
import PhoneNumber from "../src/console/components/PhoneNumber.vue";
import SupplementList from "../src/console/components/SupplementList.vue";
import SupportList from "../src/console/components/SupportList.vue";
import { forgetDrafts } from "../src/console/drafts";
import { installElements } from "../src/console/elements";

const row = (action: string, needs: string[] = [], needs_reason = true): OrderAction =>
  ({ action, name: action, needs_reason, needs }) as OrderAction;
const EXTEND = row("request_extension", ["days"]);
const DECIDE = row("decide_extension", ["approved"]);
const SUPERVISE = row("supervise", ["level"]);
const RECLASSIFY = row("reclassify", ["classification"]);
const OPINE = row("opine", ["opinion"], false);
const REPLY = row("reply", ["reply"], false);

function order(more: Partial<OrderDetail> = {}): OrderDetail {
  return {
    id: 7,
    number: "20261121000007",
    version: 3,
    state: "processing",
    state_name: "办理中",
    type: "求助",
    category: "市容/垃圾",
    urgency: "一般",
    confidential: false,
    text: "楼下垃圾没人清运",
    reply: "",
    actions: [EXTEND, DECIDE, SUPERVISE, RECLASSIFY, OPINE, REPLY],
    dispatching: null,
    supervision_level: 1,
    extension_days: 5,
    support_work: [],
    supplements: [],
    attachments: [],
    ...more,
  } as OrderDetail;
}

let app: App;
let sent: { path: string; body: Record<string, unknown> }[];
let answer: { status: number; body: unknown };
let changed: OrderDetail[];
const shown = reactive({ order: order(), action: EXTEND });

const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);
const field = <T extends HTMLInputElement | HTMLTextAreaElement>(testid: string): T => {
  const found = find(testid);
  return (found?.matches("input, textarea") ? found : found?.querySelector("input, textarea")) as T;
};
const type = (testid: string, text: string): void => {
  field(testid).value = text;
  field(testid).dispatchEvent(new Event("input"));
};
const choose = (testid: string): void => {
  const input = field<HTMLInputElement>(testid);
  input.checked = true;
  input.dispatchEvent(new Event("change"));
};

function mount(component: object, props: Record<string, unknown>): void {
  document.body.innerHTML = "<div id=app></div>";
  app = createApp({ render: () => h(component, props) });
  installElements(app);
  app.mount("#app");
}

async function dialog(action: OrderAction, more: Partial<OrderDetail> = {}): Promise<void> {
  Object.assign(shown, { order: order(more), action });
  mount(ActionDialog, { ...shown, onDone: (after: OrderDetail) => changed.push(after) });
  await vi.waitFor(() => expect(find("dialog-submit")).not.toBeNull());
}

async function submitted(): Promise<Record<string, unknown>> {
  find("dialog-submit")?.click();
  await vi.waitFor(() => expect(changed).toHaveLength(1));
  return sent.at(-1)?.body ?? {};
}

beforeEach(() => {
  forgetDrafts();
  sent = [];
  changed = [];
  answer = { status: 200, body: order() };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    if (String(url).endsWith("/taxonomy")) return new Response("[]");
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    sent.push({ path: String(url), body });
    return new Response(JSON.stringify(answer.body), { status: answer.status });
  });
});

afterEach(() => {
  app.unmount();
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

describe("the further steps of an order", () => {
  it("asks for working days and a reason", async () => {
    await dialog(EXTEND);
    type("dialog-days", "0");
    type("dialog-reason", "需要招标");
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(find("dialog-error")?.textContent).toContain("工作日天数"));
    type("dialog-days", "8");
    expect(await submitted()).toMatchObject({ action: "request_extension", days: 8, reason: "需要招标" });
  });

  it("decides an extension only when approval or refusal is chosen", async () => {
    await dialog(DECIDE);
    expect(document.body.textContent).toContain("申请延期5个工作日");
    type("dialog-reason", "期限内可以办完");
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(find("dialog-error")?.textContent).toContain("同意延期或不同意延期"));
    choose("dialog-refuse");
    expect(await submitted()).toMatchObject({ approved: false });
  });

  it("offers only higher levels of supervision", async () => {
    await dialog(SUPERVISE);
    expect(find("dialog-level-1")).toBeNull();
    choose("dialog-level-3");
    type("dialog-reason", "久拖不决");
    expect(await submitted()).toMatchObject({ level: 3 });
  });

  it("sends of the classification what differs", async () => {
    await dialog(RECLASSIFY);
    type("dialog-reason", "选错");
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(find("dialog-error")?.textContent).toContain("没有需要更正"));
    choose("dialog-type-投诉");
    const body = await submitted();
    expect(body.type).toBe("投诉");
    expect(Object.keys(body)).not.toContain("category");
    expect(Object.keys(body)).not.toContain("confidential");
  });

  it("takes an opinion, and keeps it when the dialog is closed by mistake", async () => {
    await dialog(OPINE);
    type("dialog-opinion", "已检查");
    app.unmount();
    await dialog(OPINE);
    expect(field("dialog-opinion").value).toBe("已检查");
    expect(await submitted()).toMatchObject({ opinion: "已检查" });
  });

  it("replies without opinions only when that is said, with a reason", async () => {
    const owed = { code: "power", name: "供电公司", due_at: null, overdue: false, opinion: "", opined_at: null };
    await dialog(REPLY, { support_work: [owed] });
    expect(find("dialog-outstanding")?.textContent).toContain("供电公司");
    type("dialog-reply", "已清理。");
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(find("dialog-error")?.textContent).toContain("还有协办单位没有反馈"));
    choose("dialog-without-support");
    find("dialog-submit")?.click();
    await vi.waitFor(() => expect(find("dialog-error")?.textContent).toContain("不等协办意见的原因"));
    type("dialog-reason", "与供电无关");
    expect(await submitted()).toMatchObject({ without_support: true, reason: "与供电无关" });
  });
});

describe("what belongs to an order", () => {
  it("shows what supporting departments gave and owe", () => {
    const given = { code: "a", name: "水务局", due_at: null, overdue: false, opinion: "无漏点", opined_at: "2026-11-21T10:00:00+08:00" };
    const late = { code: "b", name: "供电公司", due_at: "2026-11-20T17:30:00+08:00", overdue: true, opinion: "", opined_at: null };
    mount(SupportList, { work: [given, late] });
    expect(find("support-a")?.textContent).toContain("无漏点");
    expect(find("support-b")?.textContent).toContain("超期未反馈");
    expect(find("support-b")?.textContent).toContain("2026-11-20 17:30");
  });

  it("checks a draft before it is sent, and forgets the result when the text changes", async () => {
    await dialog(REPLY);
    expect(find<HTMLButtonElement>("draft-check")?.disabled).toBe(true);
    type("dialog-reply", "待材料到货后再行更换。");
    await vi.waitFor(() => expect(find<HTMLButtonElement>("draft-check")?.disabled).toBe(false));
    const one = { rule: "no_action", rule_name: "未办先结", severity: "严重", cost: 40, passage: "待材料到货", explanation: "x" };
    answer = { status: 200, body: { score: 60, findings: [one], closing_kind: "已解决", presumed: true } };
    find("draft-check")?.click();
    await vi.waitFor(() => expect(find("reply-check-finding")?.textContent).toContain("未办先结"));
    expect(find("reply-check-presumed")?.textContent).toContain("按“已解决”办结检查");
    expect(sent.at(-1)).toEqual({
      path: "/api/console/work-orders/7/reply-check",
      body: { text: "待材料到货后再行更换。", closing_kind: "" },
    });
    type("dialog-reply", "已更换。");
    await vi.waitFor(() => expect(find("reply-check-finding")).toBeNull());
    answer = { status: 403, body: { error: { code: "forbidden", message: "这不是本单位承办的工单。" } } };
    find("draft-check")?.click();
    await vi.waitFor(() => expect(find("draft-check-problem")?.textContent).toContain("不是本单位承办"));
    expect(changed).toHaveLength(0);
  });

  it("shows the phone when asked, and says why not", async () => {
    const requester = { name: "王**", phone: "138****1234", withheld: false };
    answer = { status: 403, body: { error: { code: "forbidden", message: "这是保密工单。" } } };
    mount(PhoneNumber, { order: order({ requester, may_reveal: true }) });
    expect(find("detail-phone")?.textContent).toBe("138****1234");
    find("detail-show-phone")?.click();
    await vi.waitFor(() => expect(find("detail-phone-problem")?.textContent).toBe("这是保密工单。"));
    answer = { status: 200, body: { phone: "13800001234" } };
    find("detail-show-phone")?.click();
    await vi.waitFor(() => expect(find("detail-phone")?.textContent).toBe("13800001234"));
    expect(sent.at(-1)?.path).toBe("/api/console/work-orders/7/phone");
    expect(find("detail-show-phone")).toBeNull();
    app.unmount();
    mount(PhoneNumber, { order: order({ requester }) });
    expect(find("detail-phone")?.textContent).toBe("138****1234");
    expect(find("detail-show-phone")).toBeNull();
  });

  it("names who did it, the login where no name is known", async () => {
    const event = { at: "2026-11-21T10:00:00+08:00", name: "签收", reason: "", state_from: "", state_to: "", department_from: "", department_to: "" };
    const events = [
      { ...event, actor: "chenli", actor_name: "陈丽", role_name: "派单员" },
      { ...event, actor: "gone", actor_name: "gone", role_name: "话务员" },
      { ...event, actor: "system", actor_name: "system", role_name: "系统" },
    ];
    answer = { status: 200, body: [] };
    mount(EventHistory, { events });
    const text = find("order-events")?.textContent ?? "";
    expect(text).toContain("派单员 陈丽");
    expect(text).toContain("话务员 gone");
    expect(text).not.toMatch(/chenli|system/);
  });

  it("supplements for a caller, and keeps the text when refused", async () => {
    mount(SupplementList, { order: order({ may_supplement: true }), onChanged: (after: OrderDetail) => changed.push(after) });
    type("supplement-text", "周末也有");
    answer = { status: 422, body: { error: { code: "invalid_input", message: "这张工单已经补充10次。" } } };
    find("supplement-submit")?.click();
    await vi.waitFor(() => expect(find("supplement-error")?.textContent).toBe("这张工单已经补充10次。"));
    expect(field("supplement-text").value).toBe("周末也有");
    answer = { status: 200, body: order() };
    find("supplement-submit")?.click();
    await vi.waitFor(() => expect(changed).toHaveLength(1));
    expect(sent.at(-1)).toEqual({ path: "/api/console/work-orders/7/supplements", body: { text: "周末也有" } });
  });

  it("shows an image from a blob, never from an address of the server", async () => {
    vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:picture", revokeObjectURL: () => undefined }));
    const base = { at: "2026-11-21T10:00:00+08:00", actor: "citizen", role_name: "市民", size: 2048 };
    const photo = { ...base, id: 1, name: "a.jpg", media_type: "image/jpeg", image: true };
    const letter = { ...base, id: 2, name: "b.pdf", media_type: "application/pdf", image: false };
    mount(AttachmentList, { order: order({ attachments: [photo, letter] }) });
    expect(document.querySelector("img")).toBeNull();
    expect(find("attachment-show-2")).toBeNull();
    expect(find("attachment-1")?.textContent).toContain("2KB");
    find("attachment-show-1")?.click();
    await vi.waitFor(() => expect(document.querySelector("img")?.getAttribute("src")).toBe("blob:picture"));
    expect(sent.at(-1)?.path).toBe("/api/console/work-orders/7/attachments/1");
    expect(find("attachment-input")).toBeNull();
  });
});
