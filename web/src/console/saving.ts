/** 保存: what the console's forms share: one request at a time, what is wrong beside the form, and what follows from a refusal. */

import { ElMessageBox } from "element-plus";
import { nextTick, ref, type Ref } from "vue";
import { messageOf, RequestFailure } from "../http";

export interface SavingInput {
  /** Scrolled to its beginning, where the message stands. */
  panel?: Ref<HTMLElement | null>;
  /** What follows from a refusal, by its code: what was typed stays; `conflict`: somebody else was faster. */
  on?: Record<string, () => Promise<void> | void>;
}

export interface Saving {
  /** What is wrong, for the reader; "" = nothing. */
  problem: Ref<string>;
  /** What is under way; "" = nothing. */
  busy: Ref<string>;
  /** Say what is missing before anything is sent; whether something is. */
  missing(message: string): boolean;
  /** Do it, unless something is under way. Resolves to undefined when it was not done; `problem` then says why. */
  act<T>(doing: () => Promise<T>, what?: string): Promise<T | undefined>;
}

export function useSaving(input: SavingInput = {}): Saving {
  const problem = ref("");
  const busy = ref("");

  function tell(message: string): void {
    problem.value = message;
    if (message) void nextTick(() => input.panel?.value?.scrollIntoView?.({ block: "start" }));
  }

  function missing(message: string): boolean {
    tell(message);
    return message !== "";
  }

  async function act<T>(doing: () => Promise<T>, what = "save"): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = what;
    problem.value = "";
    try {
      return await doing();
    } catch (error) {
      tell(messageOf(error));
      if (error instanceof RequestFailure) await follow(input.on?.[error.code]);
      return undefined;
    } finally {
      busy.value = "";
    }
  }

  return { problem, busy, missing, act };
}

async function follow(doing: (() => Promise<void> | void) | undefined): Promise<void> {
  try {
    await doing?.();
  } catch {
    // The message of the refusal stands; saving again asks again.
  }
}

/** Whether a person agrees to lose what is not saved. */
export async function agreed(text: string, yes: string, title = "未保存的修改", no = "取消"): Promise<boolean> {
  try {
    await ElMessageBox.confirm(text, title, { confirmButtonText: yes, cancelButtonText: no, type: "warning" });
    return true;
  } catch {
    return false;
  }
}

/** Gives a function that says whether a form may be closed: nothing was changed since, or it may be lost. */
export function useLeaving(content: () => unknown, text: string): () => Promise<boolean> {
  const start = JSON.stringify(content());
  return async () => JSON.stringify(content()) === start || (await agreed(text, "放弃修改", "关闭编辑", "继续填写"));
}
