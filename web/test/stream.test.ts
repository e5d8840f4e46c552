import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { open } from "./page";
import { reply, Server } from "./server";

/** A stand-in for the browser's EventSource: a test says what the server pushes. */
class Pushed {
  static made: Pushed[] = [];
  static get last(): Pushed {
    return Pushed.made.at(-1) as Pushed;
  }
  closed = false;
  private handlers = new Map<string, ((event: unknown) => void)[]>();

  constructor(readonly url: string) {
    Pushed.made.push(this);
  }

  addEventListener(name: string, handler: (event: unknown) => void): void {
    this.handlers.set(name, [...(this.handlers.get(name) ?? []), handler]);
  }

  push(name: string, data: unknown = {}, lastEventId = ""): void {
    for (const handler of this.handlers.get(name) ?? []) handler({ data: JSON.stringify(data), lastEventId });
  }

  close(): void {
    this.closed = true;
  }
}

const NEWS = {
  number: "20261121000007",
  state: "dispatched",
  state_name: "已派单",
  due_at: null,
  step: { at: "2026-11-21T10:05:00+08:00", name: "已派单", note: "城市管理局" },
};

let server: Server;
const reads = (): number => server.asked.filter((one) => one.method === "GET").length;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  Pushed.made = [];
  vi.stubGlobal("EventSource", Pushed);
  server = new Server();
});

afterEach(() => {
  document.body.textContent = "";
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("pushes", () => {
  it("listens to the conversation after its last turn, and asks no more", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await open();
    expect(new URL(Pushed.last.url).pathname).toBe("/api/conversations/c1/events");
    expect(new URL(Pushed.last.url).searchParams.get("after")).toBe("1");
    const before = reads();
    Pushed.last.push("ready", {}, "1.40");
    vi.advanceTimersByTime(60_000);
    expect(reads()).toBe(before);
  });

  it("shows a callback's question and a step's progress", async () => {
    const page = await open();
    Pushed.last.push("turn", server.add("c1", "", reply("请问解决了吗？", { outcome: "callback" })));
    Pushed.last.push("order", NEWS, "2.41");
    expect(page.all("turn-reply").at(-1)?.textContent).toContain("请问解决了吗？");
    expect(page.get("progress").textContent).toContain("工单20261121000007：已派单（城市管理局）");
  });

  it("shows no turn twice, and the own answer as the own", async () => {
    const page = await open();
    let release = (): void => undefined;
    server.hold = new Promise((resolve) => (release = resolve));
    const saying = page.say("路灯坏了");
    await vi.waitFor(() => expect(page.find("turn-pending")).not.toBeNull());
    const answer = { number: 2, at: "2026-11-21T10:00:00+08:00", text: "路灯坏了", reply: reply("您说：路灯坏了"), helpful: null };
    Pushed.last.push("turn", answer, "2.40");
    expect(page.all("turn-reply")).toHaveLength(1);
    release();
    await saying;
    expect(page.all("turn-reply")).toHaveLength(2);
    Pushed.last.push("turn", answer, "2.40");
    expect(page.all("turn-reply")).toHaveLength(2);
  });

  it("polls while the stream is broken, and goes on behind the last event", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] });
    const page = open();
    await vi.runOnlyPendingTimersAsync();
    await page;
    const first = Pushed.last;
    first.push("ready", {}, "1.40");
    first.push("order", NEWS, "1.41");
    first.push("error");
    expect(first.closed).toBe(true);
    const before = reads();
    await vi.advanceTimersByTimeAsync(7_000);
    expect(Pushed.made.length).toBe(2);
    expect(new URL(Pushed.last.url).searchParams.get("after")).toBe("1.41");
    await vi.advanceTimersByTimeAsync(9_000);
    expect(reads()).toBeGreaterThan(before);
  });

  it("waits longer and longer for a server that is away", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] });
    const page = open();
    await vi.runOnlyPendingTimersAsync();
    await page;
    for (let minute = 0; minute < 600; minute++) {
      if (!Pushed.last.closed) Pushed.last.push("error");
      await vi.advanceTimersByTimeAsync(6_000);
    }
    expect(Pushed.made.length).toBeGreaterThan(5);
    expect(Pushed.made.length).toBeLessThan(30);
  });

  it("rests while the page is hidden and ends with the widget", async () => {
    await open();
    const first = Pushed.last;
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(first.closed).toBe(true);
    hidden.mockRestore();
    document.dispatchEvent(new Event("visibilitychange"));
    const second = Pushed.last;
    expect(second).not.toBe(first);
    document.body.textContent = "";
    expect(second.closed).toBe(true);
  });

  it("listens to the new conversation after a renewal", async () => {
    const page = await open();
    page.get("chat-renew").click();
    page.get("renew-confirm").click();
    await page.settled();
    expect(new URL(Pushed.last.url).pathname).toBe("/api/conversations/c2/events");
    expect(Pushed.made.at(-2)?.closed).toBe(true);
  });
});
