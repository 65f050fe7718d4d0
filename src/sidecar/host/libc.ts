import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

/**
 * The few calls of the C library that Node has no words for: sockets that neither `net` nor `dgram` can make, setns(2). Those
 * that receive never wait, so they may be called on the main thread; those that may wait do so on a thread of libuv's.
 */
const glibc = koffi.load('libc.so.6');
const calls = {
  setns: glibc.func('int setns(int fd, int type)'),
  sched_setscheduler: glibc.func('int sched_setscheduler(int pid, int policy, const int32_t *priority)'),
  socket: glibc.func('int socket(int domain, int type, int protocol)'),
  setsockopt: glibc.func('int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)'),
  bind: glibc.func('int bind(int fd, const uint8_t *address, uint32_t length)'),
  connect: glibc.func('int connect(int fd, const uint8_t *address, uint32_t length)'),
  send: glibc.func('intptr_t send(int fd, const uint8_t *bytes, size_t length, int flags)'),
  recv: glibc.func('intptr_t recv(int fd, _Out_ uint8_t *bytes, size_t length, int flags)'),
  epoll_create1: glibc.func('int epoll_create1(int flags)'),
  epoll_ctl: glibc.func('int epoll_ctl(int epoll, int operation, int fd, const uint8_t *event)'),
  epoll_wait: glibc.func('int epoll_wait(int epoll, _Out_ uint8_t *events, int most, int milliseconds)'),
  eventfd: glibc.func('int eventfd(uint32_t count, int flags)'),
  syscall: glibc.func('long syscall(long number, long first, long second, long third)'),
  if_nametoindex: glibc.func('uint32_t if_nametoindex(const char *name)'),
  strerror: glibc.func('const char *strerror(int errno)'),
  malloc_trim: glibc.func('int malloc_trim(size_t pad)'),
};

/** A system call's failure; `code` is errno's name, as in Node's own errors. */
export class SystemCallError extends Error {
  readonly code: string;

  constructor(call: string, errno: number) {
    const code = getSystemErrorName(-errno);
    super(`${call}: ${code}`);
    this.name = 'SystemCallError';
    this.code = code;
  }
}

function checked(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call, koffi.errno());
  return result;
}

// Of asm-generic/socket.h and linux/sched.h, the same on every architecture that Node runs on.
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x40000000;

/** Moves this thread, and no other, into the namespace behind an open descriptor. See `inside`. */
export function setNetworkNamespace(descriptor: number): void {
  checked('setns', calls.setns(descriptor, CLONE_NEWNET));
}

/** What the C library has freed goes back to the system. */
export function trimHeap(): void {
  calls.malloc_trim(0);
}

/** As it would be printed. */
export const describeErrno = (errno: number): string => calls.strerror(errno);

/** Of a device of the namespace that this thread has. @throws SystemCallError in the words of ip(8) */
export function indexOfLink(name: string): number {
  const index = calls.if_nametoindex(name);
  if (index === 0) throw new SystemCallError(`Cannot find device "${name}"`, koffi.errno());
  return index;
}

const SCHED_RR = 2;
const SCHED_RESET_ON_FORK = 0x40000000;

/** This thread, and no other, runs before all ordinary ones. @throws SystemCallError EPERM without CAP_SYS_NICE */
export function runInRealTime(): void {
  checked('sched_setscheduler', calls.sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, Int32Array.of(1)));
}

/** @returns a descriptor, which node:fs can close */
export const openSocket = (domain: number, type: number, protocol: number): number =>
  checked('socket', calls.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));

export function setSocketOption(descriptor: number, level: number, name: number, value: Buffer): void {
  checked('setsockopt', calls.setsockopt(descriptor, level, name, value, value.length));
}

/** @param address a struct sockaddr */
export function bindSocket(descriptor: number, address: Buffer): void {
  checked('bind', calls.bind(descriptor, address, address.length));
}

/** @param address a struct sockaddr */
export function connectSocket(descriptor: number, address: Buffer): void {
  checked('connect', calls.connect(descriptor, address, address.length));
}

export function send(descriptor: number, bytes: Buffer): void {
  checked('send', calls.send(descriptor, bytes, bytes.length, 0));
}

/** As `send`, on a thread of libuv's: for what the kernel may take long to do. */
export async function sendAside(descriptor: number, bytes: Buffer): Promise<void> {
  await aside('send', bytes, (done) => calls.send.async(descriptor, bytes, bytes.length, 0, done));
}

/** As `sendAside`. @returns the part of `buffer` that it has filled; rejects also where there is nothing to receive */
export const receiveAside = (descriptor: number, buffer: Buffer): Promise<Buffer> =>
  aside('recv', buffer, (done) => calls.recv.async(descriptor, buffer, buffer.length, 0, done));

type Done = (error: Error | null, length: number) => void;

/** Koffi keeps the callback alive until the call has returned, and only that: so it is what holds the buffer. */
const aside = (call: string, buffer: Buffer, work: (done: Done) => void): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    work((error, length) => {
      if (error || length < 0) reject(error ?? new SystemCallError(call, koffi.errno()));
      else resolve(buffer.subarray(0, length));
    });
  });

/** Into `buffer`, what is longer is cut. @returns how many bytes; undefined where there is nothing to receive */
export function receive(descriptor: number, buffer: Buffer): number | undefined {
  const length = calls.recv(descriptor, buffer, buffer.length, 0);
  if (length >= 0) return length;
  const errno = koffi.errno();
  if (errno === koffi.os.errno.EAGAIN) return undefined;
  throw new SystemCallError('recv', errno);
}

// linux/eventpoll.h. The structure has no gap on x86, and one of four bytes before `data` elsewhere.
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLLET = 1 << 31;
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const EVENTS_AT_ONCE = 64;

/** For `waitForAny`. */
export const openWaiter = (): number => checked('epoll_create1', calls.epoll_create1(SOCK_CLOEXEC));

/** From now on the waiter tells of it whenever something new has come. */
export function addToWaiter(waiter: number, descriptor: number): void {
  const event = Buffer.alloc(EVENT_BYTES);
  event.writeInt32LE(EPOLLIN | EPOLLET, 0);
  event.writeInt32LE(descriptor, EVENT_BYTES - 8);
  checked('epoll_ctl', calls.epoll_ctl(waiter, EPOLL_CTL_ADD, descriptor, event));
}

export function removeFromWaiter(waiter: number, descriptor: number): void {
  checked('epoll_ctl', calls.epoll_ctl(waiter, EPOLL_CTL_DEL, descriptor, Buffer.alloc(EVENT_BYTES)));
}

/** Until something has come for at least one. @returns whose; rejects where that can't be waited for */
export function waitForAny(waiter: number): Promise<number[]> {
  const events = Buffer.alloc(EVENT_BYTES * EVENTS_AT_ONCE);
  return new Promise((resolve, reject) => {
    calls.epoll_wait.async(waiter, events, EVENTS_AT_ONCE, -1, (error: Error | null, count: number) => {
      if (error || count < 0) return reject(error ?? new Error('epoll_wait failed'));
      const starts = Array.from({ length: count }, (_, index) => index * EVENT_BYTES);
      resolve(starts.map((start) => events.readInt32LE(start + EVENT_BYTES - 8)));
    });
  });
}

/** Something to wake a waiter by: 8 bytes are written to it. @returns a descriptor */
export const openAlarm = (): number => checked('eventfd', calls.eventfd(0, SOCK_NONBLOCK | SOCK_CLOEXEC));

// asm-generic/unistd.h: from 424 on the same on every architecture. glibc has words for them only since 2.36.
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;

/** @returns a descriptor that stands for a process. @throws SystemCallError ESRCH; ENOSYS before Linux 5.3 */
export const openProcess = (id: number): number => checked('pidfd_open', calls.syscall(PIDFD_OPEN, id, 0, 0));

/**
 * A descriptor of another process as one of ours: both are the same open file, so what is set on it is set for both.
 * @throws SystemCallError EPERM where we may not trace that process; ENOSYS before Linux 5.6
 */
export const borrowDescriptor = (process: number, descriptor: number): number =>
  checked('pidfd_getfd', calls.syscall(PIDFD_GETFD, process, descriptor, 0));
