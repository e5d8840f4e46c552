/** 时间: how moments are shown, always in the hotline's own zone so that a traveller reads the same deadline. */

const ZONE = "Asia/Shanghai";

function parts(at: Date): Record<string, string> {
  const format = new Intl.DateTimeFormat("zh-CN", {
    timeZone: ZONE,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
}

function valid(iso: string | null | undefined): Date | null {
  if (!iso) return null;
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** 2026年03月05日 14:30; "" for none. */
export function longTime(iso: string | null | undefined): string {
  const at = valid(iso);
  if (!at) return "";
  const p = parts(at);
  return `${p.year}年${p.month}月${p.day}日 ${p.hour}:${p.minute}`;
}

/** 2026-03-05 14:30; "" for none. */
export function shortTime(iso: string | null | undefined): string {
  const at = valid(iso);
  if (!at) return "";
  const p = parts(at);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}`;
}

/** 800B / 12KB / 3.4MB. */
export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  const kilo = bytes / 1024;
  return kilo < 1024 ? `${Math.round(kilo)}KB` : `${(kilo / 1024).toFixed(1)}MB`;
}

/** 14:30 today, 3月5日 14:30 on another day. */
export function chatTime(iso: string, now = new Date()): string {
  const at = valid(iso);
  if (!at) return "";
  const p = parts(at);
  const today = parts(now);
  const clock = `${p.hour}:${p.minute}`;
  if (p.year === today.year && p.month === today.month && p.day === today.day) return clock;
  return `${Number(p.month)}月${Number(p.day)}日 ${clock}`;
}

/** 剩余3天 / 超期2天 / 剩余5小时, from now to a deadline. */
export function remaining(due: string | null | undefined, now = new Date()): string {
  const at = valid(due);
  if (!at) return "";
  const minutes = Math.round((at.getTime() - now.getTime()) / 60_000);
  const span = Math.abs(minutes);
  const amount =
    span >= 1440 ? `${Math.floor(span / 1440)}天` : span >= 60 ? `${Math.floor(span / 60)}小时` : `${span}分钟`;
  return (minutes >= 0 ? "剩余" : "超期") + amount;
}
