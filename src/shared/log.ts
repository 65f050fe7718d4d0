/**
 * What is written for people: `YYYY-MM-DD HH:MM:SS | LEVEL | subject | text`. `subject` is a session's id or a
 * container's name; every line of the network log names the namespace in its text or in `ns`.
 */
export interface Log {
  info(subject: string, text: string): void;
  warn(subject: string, text: string): void;
  error(subject: string, text: string): void;
}
