import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import { createMemoryHistory, createRouter, type Router, RouterView } from "vue-router";
import type { SessionView } from "../src/contract";
import { installElements } from "../src/console/elements";
import Callbacks from "../src/console/pages/Callbacks.vue";
import WorkOrders from "../src/console/pages/WorkOrders.vue";
import { session } from "../src/console/session";

const TASK = {
  id: 3,
  order_id: 12,
  number: "20261120000012",
  text: "楼下路灯不亮",
  reasons: ["紧急"],
  handover: true,
  department_name: "",
  channel_name: "电话",
  attempts: 1,
  next_attempt_at: null,
  expires_at: "2026-11-27T10:00:00+08:00",
};
const find = (testid: string): HTMLElement | null => document.querySelector(`[data-testid="${testid}"]`);
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000 });

let app: App;
let router: Router;
let asked: URL[];
let refusal: string;
let total: number;
let saved: string[];

async function open(path: string): Promise<void> {
  session.staff = { username: "du", name: "du", role: "supervisor", role_name: "", department: "" } as SessionView;
  document.body.innerHTML = "<div id=app></div>";
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/work-orders/:id?", name: "orders", component: WorkOrders },
      { path: "/callbacks", component: Callbacks },
    ],
  });
  await router.push(path);
  app = createApp({ render: () => h(RouterView) });
  installElements(app);
  app.use(router).mount("#app");
}

beforeEach(() => {
  asked = [];
  refusal = "";
  total = 1;
  saved = [];
  vi.stubGlobal("fetch", (path: string) => {
    const url = new URL(path, "http://localhost");
    asked.push(url);
    if (url.pathname.includes("/exports/")) {
      const error = { code: "invalid_input", message: refusal };
      return Promise.resolve(refusal ? json({ error }, 422) : new Response("工单编号"));
    }
    if (url.pathname.endsWith("/departments")) return Promise.resolve(json([]));
    return Promise.resolve(json({ items: url.pathname.endsWith("/callbacks") ? [TASK] : [], total }));
  });
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.stubGlobal("ResizeObserver", class { observe(): void {} unobserve(): void {} disconnect(): void {} });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
  URL.createObjectURL = () => "blob:export";
  URL.revokeObjectURL = () => undefined;
});
afterEach(() => {
  app.unmount();
  session.staff = null;
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("导出", () => {
  it("takes the list's filter and saves the file", async () => {
    await open("/work-orders?state=closed&text=%E8%B7%AF%E7%81%AF");
    find("orders-export-csv")?.click();
    await until(() => expect(saved).toHaveLength(1));
    const url = asked.find((one) => one.pathname === "/api/console/exports/orders");
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({ form: "csv", state: "closed", text: "路灯" });
    expect(saved[0]).toMatch(/^工单-\d{8}-\d{4}\.csv$/);
  });

  it("tells a refusal in the page, which stays", async () => {
    refusal = "符合条件的数据超过100000行，请缩短期间或增加筛选条件后再导出。";
    await open("/work-orders");
    find("orders-export-xlsx")?.click();
    await until(() => expect(document.body.textContent).toContain("超过100000行"));
    expect(saved).toEqual([]);
    expect(find("order-list")).not.toBeNull();
  });
});

describe("工单列表", () => {
  it("tells more than the server counts as 10000+", async () => {
    total = 10_001;
    await open("/work-orders");
    await until(() => expect(find("list-total")?.textContent).toBe("共 10000+ 张"));
  });

  it("follows its address: the menu and the way back show their list", async () => {
    await open("/work-orders?state=closed");
    await router.push("/work-orders");
    const lists = () => asked.filter((one) => one.pathname === "/api/console/work-orders");
    await until(() => expect(lists().at(-1)?.searchParams.get("state")).toBeNull());
    expect(lists()[0]?.searchParams.get("state")).toBe("closed");
    expect(router.currentRoute.value.query).toEqual({});
  });
});

describe("回访任务", () => {
  it("lists them with their reasons", async () => {
    await open("/callbacks");
    await until(() => expect(find("callback-20261120000012")).not.toBeNull());
    const text = find("callbacks-table")?.textContent ?? "";
    for (const told of ["紧急", "要求人工", "话务直接答复", "1次"]) expect(text).toContain(told);
  });
});

it("registers every Element Plus component that a template uses", () => {
  const folder = join(__dirname, "../src/console");
  const files = readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith(".vue"));
  const used = new Set(files.flatMap((name) => readFileSync(join(folder, name), "utf8").match(/(?<=<)el-[a-z-]+/g) ?? []));
  const empty = createApp({ render: () => null });
  installElements(empty);
  const named = (tag: string): string => tag.split("-").map((part) => part[0]?.toUpperCase() + part.slice(1)).join("");
  expect([...used].filter((tag) => !empty.component(named(tag)))).toEqual([]);
  expect(used.size).toBeGreaterThan(10);
});
