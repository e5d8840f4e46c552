import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import type { SessionView } from "../src/contract";
import { installElements } from "../src/console/elements";
import { menuOf } from "../src/console/menu";
import { countNotices, isLate, notices } from "../src/console/notices";
import Notices from "../src/console/pages/Notices.vue";
import { session } from "../src/console/session";

const notice = (id: number, kind: string, kind_name: string, order: unknown = null): Record<string, unknown> => ({
  id,
  at: "2026-11-20T10:00:00+08:00",
  kind,
  kind_name,
  text: `提醒${id}`,
  department: "cgj",
  department_name: "城市管理局",
  order,
  done_at: null,
  done_by: "",
});
const ORDER = {
  id: 12,
  number: "20261120000012",
  state_name: "已派单",
  due_at: "2026-11-20T17:30:00+08:00",
  supervision_level: 1,
  overdue: true,
};

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });
const find = (testid: string): HTMLElement | null => document.querySelector(`[data-testid="${testid}"]`);
const all = (testid: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)];
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

let app: App;
let items: Record<string, unknown>[];
let sent: string[];
let broken: string;
/** More wait than the list holds. */
let hidden: number;

function answer(path: string, method: string): Response {
  if (broken) return json({ error: { code: "conflict", message: broken } }, 409);
  if (path.endsWith("/count")) return json({ open: items.length });
  if (method === "POST") {
    const id = Number(/notices\/(\d+)\/done/.exec(path)?.[1]);
    items = items.filter((one) => one.id !== id);
    return json(notice(id, "x", "x"));
  }
  return json({ items, open: items.length + hidden });
}

beforeEach(async () => {
  sent = [];
  broken = "";
  hidden = 0;
  items = [notice(1, "supervision_1", "督办一级", ORDER), notice(2, "sign_warning", "未签收预警")];
  vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => {
    sent.push(`${init.method ?? "GET"} ${url}`);
    return Promise.resolve(answer(String(url), init.method ?? "GET"));
  });
  session.staff = { username: "du", name: "du", role: "supervisor", role_name: "督办员", department: "" } as SessionView;
  document.body.innerHTML = "<div id=app></div>";
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/notices", component: Notices },
      { path: "/work-orders/:id", component: { render: () => h("i") } },
    ],
  });
  await router.push("/notices");
  app = createApp({ render: () => h(RouterView) });
  installElements(app);
  app.use(router).mount("#app");
});

afterEach(() => {
  app.unmount();
  session.staff = null;
  vi.unstubAllGlobals();
});

describe("待办提醒", () => {
  it("lists what waits, with the order and how late it is", async () => {
    await until(() => expect(all("notice")).toHaveLength(2));
    expect(all("notice-text").map((one) => one.textContent)).toEqual(["提醒1", "提醒2"]);
    expect(find("notice-order")?.getAttribute("href")).toContain("/work-orders/12");
    expect(all("notice-order")).toHaveLength(1);
    expect(all("notice")[0]?.textContent).toContain("城市管理局");
    expect(all("notice")[0]?.querySelector(".late")?.textContent).toContain("超期");
    expect(find("notices-open")?.textContent).toContain("2");
  });

  it("takes one away when it is done, and the counter follows", async () => {
    await until(() => expect(all("notice-done")).toHaveLength(2));
    all("notice-done")[0]?.click();
    await until(() => expect(all("notice")).toHaveLength(1));
    expect(sent).toContain("POST /api/console/notices/1/done");
    await until(() => expect(notices.open).toBe(1));
  });

  it("says when there are more than it shows", async () => {
    await until(() => expect(all("notice")).toHaveLength(2));
    expect(find("notices-more")).toBeNull();
    hidden = 321;
    find("notices-reload")?.click();
    await until(() => expect(find("notices-more")?.textContent).toContain("共有323条待处理，仅显示最近2条"));
  });

  it("says what went wrong and keeps the list", async () => {
    await until(() => expect(all("notice-done")).toHaveLength(2));
    broken = "这条提醒刚刚被其他人处理过。";
    all("notice-done")[1]?.click();
    await until(() => expect(find("notices-error")?.textContent).toContain("刚刚被其他人处理过"));
    expect(all("notice")).toHaveLength(2);
  });

  it("counts for the menu, nothing for nobody", async () => {
    await countNotices();
    expect(notices.open).toBe(2);
    broken = "坏了";
    await countNotices();
    expect(notices.open).toBe(2);
    session.staff = null;
    await countNotices();
    expect(notices.open).toBe(0);
    expect(menuOf("department").map((entry) => entry.path)).toContain("/notices");
  });

  it("tells what is late from what will be", () => {
    expect(["sign_overdue", "overdue", "supervision_3", "contact_overdue"].every(isLate)).toBe(true);
    expect(["sign_warning", "due_warning", "calendar"].some(isLate)).toBe(false);
  });
});
