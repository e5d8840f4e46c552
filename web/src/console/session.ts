/** 登录状态: who is signed in. When the session ends in the middle of work, `expired` asks for the password again on top. */

import { computed, reactive } from "vue";
import type { SessionView } from "../contract";
import { RequestFailure } from "../http";
import { api, onSessionLost } from "./api";
import { forgetDepartments } from "./departments";
import { forgetDrafts } from "./drafts";

export const session = reactive({
  /** null until known or when nobody is signed in. */
  staff: null as SessionView | null,
  expired: false,
});

export const role = computed(() => session.staff?.role ?? null);

onSessionLost(() => {
  if (session.staff) session.expired = true;
});

/** Whether somebody is signed in already, by the cookie. Raises RequestFailure when the server cannot be asked. */
export async function resume(): Promise<boolean> {
  if (session.staff) return true;
  try {
    session.staff = await api.session();
    return true;
  } catch (error) {
    if (error instanceof RequestFailure && error.status === 401) return false;
    throw error;
  }
}

/** Sign in. True when it is the same person going on after an expired session. */
export async function signIn(username: string, password: string): Promise<boolean> {
  const before = session.staff?.username;
  session.staff = await api.signIn(username, password);
  session.expired = false;
  const same = before === session.staff.username;
  if (!same) forget();
  return same;
}

export async function signOut(): Promise<void> {
  try {
    await api.signOut();
  } finally {
    session.staff = null;
    session.expired = false;
    forget();
  }
}

function forget(): void {
  forgetDepartments();
  forgetDrafts();
}
