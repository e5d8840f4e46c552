import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import type { SessionView } from "../src/contract";
import { installElements } from "../src/console/elements";
import { menuOf } from "../src/console/menu";
import Subscriptions from "../src/console/pages/Subscriptions.vue";
import { session } from "../src/console/session";
import { notifyView } from "../src/page/notify";

const DELIVERIES = [
  { id: 2, step: "已派单", order: 12, at: "2026-11-20T10:00:00+08:00", state: "failed", attempts: 9, error: "对方返回错误 503", next_at: null },
  { id: 1, step: "已受理", order: 12, at: "2026-11-20T09:00:00+08:00", state: "done", attempts: 1, error: "", next_at: null },
];
const HOOK = {
  id: 1,
  kind: "webhook",
  kind_name: "网络回调（Webhook）",
  address: "https://hooks.example.com/a",
  events: ["WorkOrderClosed"],
  department: "cgj",
  department_name: "城市管理局",
  active: true,
  created_at: "2026-11-20T10:00:00+08:00",
  created_by: "admin",
  version: 3,
  deliveries: DELIVERIES,
};

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });
const find = (testid: string): HTMLElement | null => document.querySelector(`[data-testid="${testid}"]`);
const get = (testid: string): HTMLElement => find(testid) as HTMLElement;
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

let app: App | null;
let sent: { method: string; path: string; body: unknown }[];
let answers: Record<string, () => Response>;

beforeEach(() => {
  sent = [];
  app = null;
  answers = {};
  vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => {
    const path = new URL(url, "http://localhost").pathname.replace("/api", "");
    const method = init.method ?? "GET";
    sent.push({ method, path, body: init.body ? JSON.parse(String(init.body)) : null });
    return Promise.resolve((answers[`${method} ${path}`] ?? (() => json([])))());
  });
});

afterEach(() => {
  app?.unmount();
  session.staff = null;
  document.body.textContent = "";
  vi.unstubAllGlobals();
});

async function mount(items: unknown[]): Promise<void> {
  answers["GET /console/subscriptions"] = () =>
    json({
      kinds: [{ kind: "webhook", name: "网络回调（Webhook）" }],
      events: [{ event: "WorkOrderClosed", name: "已办结" }],
      items,
    });
  session.staff = { username: "admin", name: "管理员", role: "administrator", role_name: "管理员", department: "" } as SessionView;
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: "/", component: Subscriptions }, { path: "/:rest(.*)*", component: { render: () => h("p") } }],
  });
  app = createApp({ render: () => h(RouterView) });
  installElements(app);
  app.use(router);
  const place = document.createElement("div");
  document.body.appendChild(place);
  app.mount(place);
  await router.isReady();
  await until(() => expect(find("subscription-list")).not.toBeNull());
}

describe("the page of notifications", () => {
  it("is for administrators", () => {
    const sees = (role: "administrator" | "supervisor"): boolean =>
      menuOf(role).some((entry) => entry.path === "/subscriptions");
    expect([sees("administrator"), sees("supervisor")]).toEqual([true, false]);
  });

  it("lists whom, what, and what came of it", async () => {
    await mount([HOOK]);
    await until(() => expect(find("subscription")).not.toBeNull());
    const text = get("subscription").textContent ?? "";
    for (const told of ["https://hooks.example.com/a", "城市管理局的工单", "已办结"]) expect(text).toContain(told);
    const rows = get("deliveries").textContent ?? "";
    for (const told of ["未送达，已停止重试", "对方返回错误 503", "已送达"]) expect(rows).toContain(told);
  });

  it("sends a test and says what came of it", async () => {
    answers["POST /console/subscriptions/1/test"] = () => json({ sent: false, message: "连接不上", milliseconds: 12 });
    await mount([HOOK]);
    await until(() => expect(find("subscription-test")).not.toBeNull());
    get("subscription-test").click();
    await until(() => expect(get("subscription-probe").textContent).toContain("测试没有成功：连接不上"));
  });

  it("adds one and shows its secret this once", async () => {
    answers["POST /console/subscriptions"] = () => json({ ...HOOK, secret: "whsec_once" }, 201);
    await mount([]);
    await until(() => expect((get("subscription-add") as HTMLButtonElement).disabled).toBe(false));
    get("subscription-add").click();
    await until(() => expect(find("subscription-address")).not.toBeNull());
    get("subscription-save").click();
    await until(() => expect(get("subscription-error").textContent).toContain("请填写接收地址"));
    const field = document.querySelector<HTMLInputElement>('input[data-testid="subscription-address"]') as HTMLInputElement;
    field.value = " https://hooks.example.com/a ";
    field.dispatchEvent(new Event("input"));
    get("subscription-save").click();
    await until(() => expect(get("subscription-secret").textContent).toContain("whsec_once"));
    expect(sent.find((one) => one.method === "POST")?.body).toEqual({
      kind: "webhook",
      address: "https://hooks.example.com/a",
      events: [],
      department: "",
    });
  });

  it("keeps what was typed when the server refuses", async () => {
    answers["POST /console/subscriptions"] = () =>
      json({ error: { code: "invalid_input", message: "“10.0.0.1”是内部网络的地址" } }, 422);
    await mount([]);
    await until(() => expect((get("subscription-add") as HTMLButtonElement).disabled).toBe(false));
    get("subscription-add").click();
    await until(() => expect(find("subscription-address")).not.toBeNull());
    const field = document.querySelector<HTMLInputElement>('input[data-testid="subscription-address"]') as HTMLInputElement;
    field.value = "https://10.0.0.1/";
    field.dispatchEvent(new Event("input"));
    get("subscription-save").click();
    await until(() => expect(get("subscription-error").textContent).toContain("内部网络"));
    expect(field.value).toBe("https://10.0.0.1/");
  });

  it("switches one off with the version it was read in", async () => {
    answers["PUT /console/subscriptions/1"] = () => json({ ...HOOK, active: false, version: 4 });
    await mount([HOOK]);
    await until(() => expect(find("subscription-toggle")).not.toBeNull());
    get("subscription-toggle").click();
    await until(() => expect(sent.some((one) => one.method === "PUT")).toBe(true));
    expect(sent.find((one) => one.method === "PUT")?.body).toEqual({
      events: ["WorkOrderClosed"],
      department: "cgj",
      active: false,
      version: 3,
    });
  });
});

describe("the citizen's own notifications", () => {
  const KEY = { query_code: "ABCDE-FGHJK", phone_last4: "1234" };
  const URL = "/work-orders/subscriptions";

  function show(): HTMLDetailsElement {
    const view = notifyView(KEY) as HTMLDetailsElement;
    document.body.appendChild(view);
    return view;
  }

  it("asks the server only when it is opened, then adds and drops", async () => {
    const none = { open: true, limit: 1, items: [] };
    const one = { open: true, limit: 1, items: [{ id: 7, kind: "email", address: "z***@example.com" }] };
    answers[`POST ${URL}/query`] = () => json(none);
    answers[`POST ${URL}`] = () => json(one, 201);
    answers[`POST ${URL}/drop`] = () => json(none);
    const view = show();
    expect(sent).toHaveLength(0);
    view.open = true;
    view.dispatchEvent(new Event("toggle"));
    await until(() => expect(sent).toHaveLength(1));
    await until(() => expect((get("notify-submit") as HTMLButtonElement).disabled).toBe(false));
    (get("notify-email") as HTMLInputElement).value = "zhao@example.com";
    get("notify-submit").click();
    await until(() => expect(get("notify-list").textContent).toContain("z***@example.com"));
    expect(sent.at(-1)?.body).toEqual({ ...KEY, email: "zhao@example.com" });
    expect(view.querySelector("form")?.hidden).toBe(true);
    get("notify-drop").click();
    await until(() => expect(find("notify-drop")).toBeNull());
    expect(sent.at(-1)?.body).toEqual({ ...KEY, id: 7 });
    expect(view.querySelector("form")?.hidden).toBe(false);
  });

  it("says why an address is refused and keeps it", async () => {
    answers[`POST ${URL}`] = () => json({ error: { code: "invalid_input", message: "邮箱地址不正确" } }, 422);
    show();
    get("notify-submit").click();
    await until(() => expect(get("notify-error").textContent).toContain("请填写邮箱地址"));
    (get("notify-email") as HTMLInputElement).value = "zhao@";
    get("notify-submit").click();
    await until(() => expect(get("notify-error").textContent).toContain("邮箱地址不正确"));
    expect((get("notify-email") as HTMLInputElement).value).toBe("zhao@");
  });
});
