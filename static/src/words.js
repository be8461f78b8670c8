// Numbers as an artist says them. The same words as jobs/templatetags/quantities.py.

export function bytes(count) {
  let number = count;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (number < 1000) return `${number >= 10 || unit === "B" ? Math.round(number) : number.toFixed(1)} ${unit}`;
    number /= 1000;
  }
  return `${number.toFixed(1)} TB`;
}

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.round(whole / 60)} min`;
  const minutes = Math.floor((whole % 3600) / 60);
  return `${Math.floor(whole / 3600)} h${minutes ? ` ${minutes} min` : ""}`;
}

export function counted(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
