"""The attacker's hands: sends exactly what it is told, from inside a container, with that container's capabilities.

Runs on the machine's own Python, which the tests mount into their containers. What is sent, and why, stands in
test/leak/cases. `once` reads {"acts": [argv…], "attempts": [...]} on stdin, performs the acts one after the other, then
all attempts at once, and prints what became of each; with "takeAway": DEVICE in a network namespace of its own, into
which it moves the device. `flood JSON` repeats the attempts from its first instruction on.
`flow JSON` opens a connection and goes on sending.
"""
import ctypes
import errno
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

SO_MARK, SO_BINDTODEVICE = 36, 25
IP_FREEBIND, IP_TRANSPARENT, IP_UNICAST_IF, IPV6_TRANSPARENT, IPV6_FREEBIND = 15, 19, 50, 75, 78
MSG_FASTOPEN, TCP_FASTOPEN_NO_COOKIE, IPPROTO_MPTCP = 0x20000000, 34, 262
TIMEOUT = 0.5


def first_device():
    """PID 1 can't be told the name of a wire that does not exist yet."""
    return next(name for _, name in socket.if_nameindex() if name.startswith(('k-p-', 'eth')))


def device_of(attempt):
    device = attempt.get('device')
    return first_device() if device == 'auto' else device


def open_socket(attempt, kind, protocol=0):
    six = attempt.get('family') == 6
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind, protocol)
    s.settimeout(TIMEOUT)
    device = device_of(attempt)
    if attempt.get('bind'):
        s.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device.encode())
    if 'mark' in attempt:
        s.setsockopt(socket.SOL_SOCKET, SO_MARK, attempt['mark'])
    if attempt.get('broadcast'):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if attempt.get('dontroute'):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
    if attempt.get('transparent'):
        s.setsockopt(*((socket.IPPROTO_IPV6, IPV6_TRANSPARENT) if six else (socket.IPPROTO_IP, IP_TRANSPARENT)), 1)
    if attempt.get('freebind'):
        s.setsockopt(*((socket.IPPROTO_IPV6, IPV6_FREEBIND) if six else (socket.IPPROTO_IP, IP_FREEBIND)), 1)
    if attempt.get('unicast'):
        s.setsockopt(socket.IPPROTO_IP, IP_UNICAST_IF, struct.pack('!I', socket.if_nametoindex(device)))
    if attempt.get('multicast'):
        index = socket.if_nametoindex(device)
        if six:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        else:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack('4s4si', b'\0' * 4, b'\0' * 4, index))
    if attempt.get('header'):
        s.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
    if 'from' in attempt:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((attempt['from'].get('address', ''), attempt['from'].get('port', 0)))
    return s


def target(attempt):
    if attempt.get('family') != 6:
        return (attempt['to'], attempt.get('port', 0))
    device = device_of(attempt)
    scoped = attempt['to'].lower().startswith(('fe80', 'ff')) and device
    return (attempt['to'], attempt.get('port', 0), 0, socket.if_nametoindex(device) if scoped else 0)


def packets(attempt):
    return [bytes.fromhex(text) for text in [attempt['bytes'], *attempt.get('more', [])]]


def datagram(attempt, kind, protocol=0):
    with open_socket(attempt, kind, protocol) as s:
        for _ in range(attempt.get('count', 2)):
            for packet in packets(attempt):
                s.sendto(packet, target(attempt))


def udp(attempt):
    datagram(attempt, socket.SOCK_DGRAM)


def ping(attempt):
    """ICMP without a raw socket, as every user may since Docker 20.10 (net.ipv4.ping_group_range)."""
    six = attempt.get('family') == 6
    datagram(attempt, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)


def join(attempt):
    """Has the kernel tell the link of a multicast group: IGMP, MLD."""
    six = attempt.get('family') == 6
    index = socket.if_nametoindex(device_of(attempt))
    with open_socket(attempt, socket.SOCK_DGRAM) as s:
        group = socket.inet_pton(s.family, attempt['to'])
        if six:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack('@I', index))
        else:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + struct.pack('4si', b'\0' * 4, index))
        time.sleep(1.5)  # the kernel may wait that long with its report


def raw(attempt):
    datagram(attempt, socket.SOCK_RAW, attempt['protocol'])


def tcp(attempt, protocol=0):
    with open_socket(attempt, socket.SOCK_STREAM, protocol) as s:
        s.connect(target(attempt))
        s.sendall(bytes.fromhex(attempt['bytes']))
        s.recv(512)


def mptcp(attempt):
    tcp(attempt, IPPROTO_MPTCP)


def fastopen(attempt):
    """Data in the SYN itself."""
    with open_socket(attempt, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1)
        s.sendto(bytes.fromhex(attempt['bytes']), MSG_FASTOPEN, target(attempt))


def frame(attempt):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((device_of(attempt), 0))
        for _ in range(attempt.get('count', 2)):
            for packet in packets(attempt):
                s.send(packet)


def resolve(attempt):
    """As every program asks: libc, by /etc/resolv.conf."""
    socket.getaddrinfo(attempt['name'], 80)


def embedded(attempt):
    """Docker's resolver by its real ports, past the rules of the table nat."""
    for file, kind in (('udp', socket.SOCK_DGRAM), ('tcp', socket.SOCK_STREAM)):
        with open(f'/proc/net/{file}') as table:
            ports = [int(line.split()[1][9:], 16) for line in table if ' 0B00007F:' in line]
        for port in ports:
            query = bytes.fromhex(attempt['bytes'])
            with open_socket(attempt, kind) as s:
                s.connect(('127.0.0.11', port))
                s.send(query if kind == socket.SOCK_DGRAM else struct.pack('!H', len(query)) + query)
                s.recv(512)


OPERATIONS = {f.__name__: f for f in (udp, tcp, mptcp, fastopen, ping, join, raw, frame, resolve, embedded)}


def outcome(work):
    try:
        work()
        return 'sent'
    except socket.timeout:
        return 'timeout'
    except (socket.gaierror, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    except Exception as error:  # a mistake of ours: the tests must not take it for a closed door
        return f'broken: {type(error).__name__}: {error}'


def act(argv):
    def work():
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=5)
        if done.returncode != 0:
            raise OSError(0, f'exit code {done.returncode}: {done.stderr.decode().strip()[:200]}')
    return outcome(work)


def move(device, pid):
    return subprocess.run(['/usr/bin/ip', 'link', 'set', 'dev', device, 'netns', str(pid)]).returncode == 0


def take_away(device):
    """A namespace of its own, and the device in it. A child stays behind: it moves the device after us, and back."""
    me = os.getpid()
    orders, order = os.pipe()
    answers, answer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(order)
        os.read(orders, 1)
        os.write(answer, b'y' if move(device, me) else b'n')
        os.read(orders, 1)  # until we are gone
        os._exit(0)
    if ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), 'unshare')
    os.write(order, b'x')
    if os.read(answers, 1) != b'y':
        raise OSError(0, 'the device could not be moved')
    return lambda: move(device, child)


def once():
    order = json.load(sys.stdin)
    bring_back = take_away(order['takeAway']) if order.get('takeAway') else None
    acts = [[' '.join(argv), act(argv)] for argv in order['acts']]
    results = {}
    def run(attempt):
        result = outcome(lambda: OPERATIONS[attempt['op']](attempt))
        results.setdefault(attempt['tag'], []).append(result)
    threads = [threading.Thread(target=run, args=(attempt,), daemon=True) for attempt in order['attempts']]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 30
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    if bring_back:
        bring_back()
    json.dump({'acts': acts, 'results': results}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # libc's resolver may still wait for an answer


def flood(order):
    """Each attempt over and over, beside the others."""
    def repeat(attempt):
        while True:
            outcome(lambda: OPERATIONS[attempt['op']](attempt))
            time.sleep(order.get('pause', 0.02))
    for attempt in order['attempts']:
        threading.Thread(target=repeat, args=(attempt,), daemon=True).start()
    time.sleep(order['seconds'])


def flow(order):
    """One connection, on which it goes on sending whatever happens to the way."""
    with open_socket(order, socket.SOCK_DGRAM if order['op'] == 'udp' else socket.SOCK_STREAM) as s:
        s.settimeout(5)
        s.connect(target(order))
        s.settimeout(TIMEOUT)
        end = time.monotonic() + order['seconds']
        while time.monotonic() < end:
            try:
                s.send(bytes.fromhex(order['bytes']))
            except OSError as error:
                if error.errno in (errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT):
                    break
            time.sleep(0.05)


if sys.argv[1] == 'once':
    once()
else:
    {'flood': flood, 'flow': flow}[sys.argv[1]](json.loads(sys.argv[2]))
