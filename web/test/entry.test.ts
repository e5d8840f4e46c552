import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type App, type Component, createApp, h } from "vue";
import EntryForm from "../src/console/components/EntryForm.vue";
import EntryMove from "../src/console/components/EntryMove.vue";
import { installElements } from "../src/console/elements";
import { blankEntry } from "../src/console/entries";
import type { EntryDetail } from "../src/knowledge-contract";

function entry(more: Partial<EntryDetail> = {}): EntryDetail {
  return {
    ...blankEntry(),
    entry_id: "law-第三十八条",
    title: "怎么提取？",
    answer: "凭身份证办理。",
    review_state: "published",
    review_state_name: "已发布",
    version: "v1",
    may_edit: true,
    transitions: [],
    ...more,
  } as EntryDetail;
}

interface Sent {
  method: string;
  path: string;
  body: Record<string, unknown> | null;
}

/** Other work may hold up the machine. */
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000 });

let app: App;
let sent: Sent[];
let answer: (one: Sent) => Response;

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });
const refusal = (status: number, code: string, message: string): Response => json({ error: { code, message } }, status);
const find = <T extends HTMLElement>(testid: string): T | null =>
  document.querySelector<T>(`[data-testid="${testid}"]`);

function field(testid: string): HTMLInputElement {
  const found = find(testid);
  return (found?.matches("input, textarea") ? found : found?.querySelector("input, textarea")) as HTMLInputElement;
}

function type(testid: string, text: string): void {
  field(testid).value = text;
  field(testid).dispatchEvent(new Event("input"));
}

/** happy-dom does not follow a button's `form` attribute. */
function submit(id: string): void {
  document.getElementById(id)?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
}

async function mount(component: Component, properties: Record<string, unknown>, landmark: string): Promise<void> {
  document.body.innerHTML = "<div id=app></div>";
  app = createApp({ render: () => h(component, properties) });
  installElements(app);
  app.mount("#app");
  await until(() => expect(find(landmark)).not.toBeNull());
}

beforeEach(() => {
  sent = [];
  answer = () => json([]);
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const one = {
      method: init.method ?? "GET",
      path: String(url),
      body: init.body ? (JSON.parse(String(init.body)) as Record<string, unknown>) : null,
    };
    sent.push(one);
    return one.path.endsWith("/libraries") ? json([]) : answer(one);
  });
});

afterEach(() => {
  app.unmount();
  vi.unstubAllGlobals();
});

describe("the form of an entry", () => {
  it("shows the server's message and keeps what was typed", async () => {
    answer = () => refusal(422, "invalid_input", "发布前请至少填写一个来源。");
    await mount(EntryForm, {}, "form-title");
    type("form-title", "如何退费？");
    type("form-answer", "原路退回。");
    type("form-similar", "怎么退钱\n怎么退钱\n能退吗");
    submit("entry-form");
    await until(() => expect(find("form-error")?.textContent).toContain("发布前请至少填写一个来源"));
    expect(field("form-title").value).toBe("如何退费？");
    expect(sent.at(-1)).toMatchObject({
      method: "POST",
      path: "/api/console/knowledge",
      body: { title: "如何退费？", similar_questions: ["怎么退钱", "能退吗"], effective_to: null },
    });
  });

  it("asks for what is missing without a request", async () => {
    await mount(EntryForm, {}, "form-title");
    submit("entry-form");
    await until(() => expect(find("form-error")?.textContent).toContain("请填写标准问"));
    expect(sent.filter((one) => one.method !== "GET")).toEqual([]);
  });

  it("tells what others changed meanwhile, and saves over it when told again", async () => {
    const saved: string[] = [];
    answer = ({ method, body }) => {
      if (method === "GET") return json(entry({ version: "v2", answer: "网上办理。" }));
      return body?.version === "v1" ? refusal(409, "conflict", "刚刚被其他人修改过。") : json(entry({ version: "v3" }));
    };
    await mount(EntryForm, { entry: entry(), onSaved: (one: EntryDetail) => saved.push(one.version) }, "form-title");
    type("form-answer", "凭身份证到窗口办理。");
    submit("entry-form");
    await until(() => expect(find("form-conflict")?.textContent).toContain("他人改动了：答案"));
    expect(field("form-answer").value).toBe("凭身份证到窗口办理。");
    submit("entry-form");
    await until(() => expect(saved).toEqual(["v3"]));
    const puts = sent.filter((one) => one.method === "PUT");
    expect(puts.map((one) => one.body?.version)).toEqual(["v1", "v2"]);
    expect(puts[0]?.path).toBe(`/api/console/knowledge/entry?id=${encodeURIComponent("law-第三十八条")}`);
  });
});

describe("a step of the review", () => {
  it("asks for a reason where one is needed", async () => {
    const step = { to: "withdrawn" as const, name: "下架", needs_note: true };
    const moved: string[] = [];
    answer = () => json(entry({ review_state: "withdrawn" }));
    const onMoved = (one: EntryDetail): number => moved.push(one.review_state);
    await mount(EntryMove, { step, entry: entry(), onMoved }, "move-submit");
    submit("move-form");
    await until(() => expect(find("move-error")?.textContent).toContain("请填写下架的原因"));
    expect(sent).toEqual([]);
    type("move-note", "政策已废止");
    submit("move-form");
    await until(() => expect(moved).toEqual(["withdrawn"]));
    expect(sent.at(-1)?.body).toEqual({ to: "withdrawn", note: "政策已废止" });
  });

  it("of many lists what was refused and why", async () => {
    const step = { to: "published" as const, name: "发布", needs_note: false };
    answer = () =>
      json({ done: 2, refused: [{ entry_id: "x", title: "怎么办？", message: "请填写来源。" }], refused_total: 130 });
    await mount(EntryMove, { step, choice: { ids: ["a", "b", "x"] }, count: 3 }, "move-submit");
    submit("move-form");
    await until(() => expect(find("bulk-result")?.textContent).toContain("已完成 2 条"));
    expect(find("bulk-result")?.textContent).toContain("怎么办？");
    expect(find("bulk-result")?.textContent).toContain("只列出前 1 条");
    expect(sent.at(-1)?.body).toEqual({ ids: ["a", "b", "x"], to: "published", note: "" });
  });
});
