import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ElMessageBox } from "element-plus";
import { nextTick, reactive, ref } from "vue";
import { RequestFailure } from "../src/http";
import { agreed, useLeaving, useSaving } from "../src/console/saving";

const refusal = (code: string, message: string): RequestFailure => new RequestFailure(code, message, 409);

/** A promise that is settled from outside. */
function pending<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

describe("saving", () => {
  it("gives what was done, and says what is under way", async () => {
    const { busy, problem, act } = useSaving();
    const first = pending<number>();
    const done = act(() => first.promise, "trial");
    expect(busy.value).toBe("trial");
    first.resolve(7);
    expect([await done, busy.value, problem.value]).toEqual([7, "", ""]);
  });

  it("does one thing at a time", async () => {
    const { act } = useSaving();
    const first = pending<string>();
    const done = act(() => first.promise);
    const second = vi.fn(async () => "second");
    expect(await act(second)).toBeUndefined();
    expect(second).not.toHaveBeenCalled();
    first.resolve("first");
    expect(await done).toBe("first");
    expect(await act(second)).toBe("second");
  });

  it("tells a refusal, follows what its code asks for, and may be tried again", async () => {
    const told: string[] = [];
    const on = { conflict: async () => void told.push("read again"), not_tried: () => void told.push("try again") };
    const { busy, problem, act } = useSaving({ on });
    const refuse = (code: string) => act(() => Promise.reject(refusal(code, `拒绝：${code}`)));
    expect(await refuse("conflict")).toBeUndefined();
    expect([problem.value, busy.value, told]).toEqual(["拒绝：conflict", "", ["read again"]]);
    await refuse("not_tried");
    await refuse("invalid_input");
    expect([problem.value, told]).toEqual(["拒绝：invalid_input", ["read again", "try again"]]);
    expect(await act(async () => "好")).toBe("好");
    expect(problem.value).toBe("");
  });

  it("stays busy while what is new is being read, and keeps the message when it cannot be", async () => {
    const read = pending<void>();
    const { busy, problem, act } = useSaving({ on: { conflict: () => read.promise.then(() => Promise.reject(new Error())) } });
    const done = act(() => Promise.reject(refusal("conflict", "别人先改了。")));
    await nextTick();
    expect(busy.value).toBe("save");
    read.resolve();
    await done;
    expect([busy.value, problem.value]).toEqual(["", "别人先改了。"]);
  });

  it("tells what no server said without its words", async () => {
    const { problem, act } = useSaving();
    await act(() => Promise.reject(new TypeError("x is undefined")));
    expect(problem.value).toContain("意外错误");
    expect(problem.value).not.toContain("undefined");
  });

  it("shows what is missing where it can be seen, and forgets it when nothing is", async () => {
    const scrollIntoView = vi.fn();
    const { problem, missing } = useSaving({ panel: ref({ scrollIntoView } as unknown as HTMLElement) });
    expect([missing("请填写名称。"), problem.value]).toEqual([true, "请填写名称。"]);
    await nextTick();
    expect(scrollIntoView).toHaveBeenCalledTimes(1);
    expect([missing(""), problem.value]).toEqual([false, ""]);
    await nextTick();
    expect(scrollIntoView).toHaveBeenCalledTimes(1);
  });
});

describe("leaving a form", () => {
  beforeEach(() => void vi.spyOn(ElMessageBox, "confirm").mockRejectedValue("cancel"));
  afterEach(() => void vi.restoreAllMocks());

  it("asks only where something would be lost", async () => {
    const input = reactive({ name: "甲" });
    const mayLeave = useLeaving(() => input, "会丢失。");
    expect(await mayLeave()).toBe(true);
    expect(ElMessageBox.confirm).not.toHaveBeenCalled();
    input.name = "乙";
    expect(await mayLeave()).toBe(false);
    expect(vi.mocked(ElMessageBox.confirm).mock.calls[0]?.[0]).toBe("会丢失。");
    vi.mocked(ElMessageBox.confirm).mockResolvedValue("confirm" as never);
    expect(await mayLeave()).toBe(true);
    input.name = "甲";
    vi.mocked(ElMessageBox.confirm).mockRejectedValue("cancel");
    expect(await mayLeave()).toBe(true);
  });

  it("takes a closed question for a no", async () => {
    vi.mocked(ElMessageBox.confirm).mockRejectedValue("close");
    expect(await agreed("会丢失。", "恢复")).toBe(false);
  });
});
