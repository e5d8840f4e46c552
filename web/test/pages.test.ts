import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, createApp, h } from "vue";
import { createMemoryHistory, createRouter, RouterView } from "vue-router";
import type { Role, SessionView } from "../src/contract";
import { installElements } from "../src/console/elements";
import { blankEntry } from "../src/console/entries";
import Gaps from "../src/console/pages/Gaps.vue";
import Knowledge from "../src/console/pages/Knowledge.vue";
import { session } from "../src/console/session";

const entry = (entry_id: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...blankEntry(),
  entry_id,
  title: `问题${entry_id}`,
  answer: "答案",
  source: "",
  generated: true,
  origin: "",
  review_state: "draft",
  review_state_name: "草稿",
  in_force: false,
  version: "v1",
  may_edit: true,
  transitions: [{ to: "reviewed", name: "审核通过", needs_note: false }],
  ...more,
});

const GAP = {
  text: "租房怎么提公积金",
  count: 3,
  questions: [1, 2, 3],
  wordings: [
    { text: "租房怎么提公积金", count: 2, questions: [1, 2], personal: false },
    { text: "租房能取吗", count: 1, questions: [3], personal: false },
  ],
  outcomes: { abstained: { name: "未答", count: 3 } },
  first_at: "2026-11-20T10:00:00+08:00",
  last_at: "2026-11-21T10:00:00+08:00",
  nearest: { entry_id: "e9", title: "租房提取", locator: "", score: 0.42 },
  proposed_for: "",
};

/** Other work may hold up the machine. */
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });

let app: App;
let sent: { method: string; path: string; body: Record<string, unknown> | null }[];
let refuse: string;
let warned: string[];

const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);
const all = (testid: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)];
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

function answer(path: string, method: string): Response {
  const [place = ""] = path.replace("/api/console", "").split("?");
  if (method !== "GET" && refuse) return json({ error: { code: "conflict", message: refuse } }, 409);
  if (place === "/knowledge/libraries") return json([{ library: "", count: 2 }]);
  if (place === "/knowledge/entry/history") {
    const change = { field: "answer", name: "答案", before: "旧的\n不变", after: "新的\n不变" };
    const row = { version: 2, at: GAP.last_at, actor: "admin", action: "edited", action_name: "编辑", note: "更正" };
    return json([{ ...row, changes: [change] }]);
  }
  if (place === "/knowledge/entry") return json(entry("a", { title: "怎么办？" }));
  if (place === "/knowledge/review") return json({ done: 1, refused: [], refused_total: 0 });
  if (place === "/knowledge") return json({ items: [entry("a"), entry("b")], total: 45 });
  if (place === "/gaps/dismiss") return new Response(null, { status: 204 });
  if (place === "/gaps") return json({ items: [GAP], total: 1, questions: 3 });
  return json({ ...entry("e9"), wordings_added: 2, wordings_left_out: 0 });
}

async function open(path: string, role: Role, landmark: string): Promise<void> {
  session.staff = { username: role, name: role, role, role_name: role, department: "" } as SessionView;
  document.body.innerHTML = "<div id=app></div>";
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/knowledge", name: "knowledge", component: Knowledge },
      { path: "/gaps", component: Gaps },
    ],
  });
  await router.push(path);
  app = createApp({ render: () => h(RouterView) });
  app.config.warnHandler = (message) => warned.push(message);
  installElements(app);
  app.use(router);
  app.mount("#app");
  await until(() => expect(find(landmark)).not.toBeNull());
}

beforeEach(() => {
  sent = [];
  refuse = "";
  warned = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const method = init.method ?? "GET";
    sent.push({ method, path: String(url), body: init.body ? JSON.parse(String(init.body)) : null });
    return answer(String(url), method);
  });
});

afterEach(() => {
  app.unmount();
  session.staff = null;
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

describe("the knowledge page", () => {
  it("asks with the filter of its address, the unsorted part as an empty name", async () => {
    await open("/knowledge?library=-&generated=true&state=draft&page=2", "administrator", "knowledge-row");
    const asked = sent.find((one) => one.path.startsWith("/api/console/knowledge?"));
    expect(asked?.path).toBe("/api/console/knowledge?state=draft&generated=true&page=2&size=20&library=");
    expect(warned).toEqual([]);
  });

  it("reviews the ticked entries, or all that the filter holds", async () => {
    await open("/knowledge?generated=true", "administrator", "knowledge-row");
    find("tick")?.click();
    await until(() => expect(find("bulk-count")?.textContent).toBe("1"));
    find("bulk-reviewed")?.click();
    await until(() => expect(document.getElementById("move-form")).not.toBeNull());
    document.getElementById("move-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await until(() => expect(find("bulk-result")).not.toBeNull());
    expect(sent.find((one) => one.method === "POST")?.body).toEqual({ ids: ["a"], to: "reviewed", note: "" });
    find("move-close")?.click();
    await until(() => expect(document.getElementById("move-form")).toBeNull());
    find("bulk-all-published")?.click();
    await until(() => expect(document.getElementById("move-form")?.textContent).toContain("45"));
    document.getElementById("move-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await until(() => expect(sent.filter((one) => one.method === "POST")).toHaveLength(2));
    expect(sent.filter((one) => one.method === "POST")[1]?.body).toMatchObject({
      filter: { generated: true, library: null, text: "" },
      to: "published",
    });
    expect(warned).toEqual([]);
  });

  it("shows an entry with its history, what was taken out and what came in", async () => {
    await open("/knowledge?entry=a", "administrator", "entry-version");
    expect(find("entry-title")?.textContent).toContain("怎么办？");
    expect(find("entry-to-reviewed")).not.toBeNull();
    const change = find("entry-change");
    expect(change?.querySelector("del")?.textContent).toBe("旧的");
    expect(change?.querySelector("ins")?.textContent).toBe("新的");
    expect(warned).toEqual([]);
  });

  it("is for reading only where the role may no more", async () => {
    await open("/knowledge", "department", "knowledge-row");
    expect([find("knowledge-create"), find("bulk-bar"), find("tick")]).toEqual([null, null, null]);
  });
});

describe("the gaps page", () => {
  it("adds the chosen wordings to the nearest entry", async () => {
    await open("/gaps", "administrator", "gap");
    expect(find("gap-nearest")?.textContent).toContain("42%");
    all("gap-wording")[1]?.querySelector("input")?.click();
    find("gap-similar")?.click();
    await until(() => expect(find("similar-nearest")).not.toBeNull());
    find("similar-nearest")?.click();
    await until(() => expect(sent.some((one) => one.method === "POST")).toBe(true));
    expect(sent.find((one) => one.method === "POST")).toMatchObject({
      path: "/api/console/gaps/similar",
      body: { questions: [1, 2], entry_id: "e9" },
    });
    expect(warned).toEqual([]);
  });

  it("writes an entry that begins with the wordings, and keeps it when refused", async () => {
    await open("/gaps", "administrator", "gap");
    find("gap-create")?.click();
    await until(() => expect(find("form-answer")).not.toBeNull());
    const answerField = document.getElementById("entry-answer") as HTMLTextAreaElement;
    answerField.value = "可以提取。";
    answerField.dispatchEvent(new Event("input"));
    refuse = "这些问题已由他人处理，请刷新。";
    document.getElementById("entry-form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await until(() => expect(find("form-error")?.textContent).toContain("已由他人处理"));
    expect((document.getElementById("entry-answer") as HTMLTextAreaElement).value).toBe("可以提取。");
    expect(sent.find((one) => one.method === "POST")).toMatchObject({
      path: "/api/console/gaps/entry",
      body: { questions: [1, 2, 3], entry: { title: GAP.text, similar_questions: ["租房能取吗"] } },
    });
    expect(warned).toEqual([]);
  });

  it("lets an agent look only, and a supervisor dismiss", async () => {
    await open("/gaps", "agent", "gap");
    expect([find("gap-dismiss"), find("gap-create")]).toEqual([null, null]);
    app.unmount();
    await open("/gaps", "supervisor", "gap-dismiss");
    expect(find("gap-create")).toBeNull();
  });
});
