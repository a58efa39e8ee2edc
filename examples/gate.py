"""A gate by docs/leader-contract.md, with nothing but Python's standard library.

`LEADER_URL=http://127.0.0.1:4040 python3 examples/gate.py` prints what becomes of it. Your own work runs in another thread,
and asks Gate.is_open() immediately before each effect (G21). "G.." names a rule of the contract.
"""
import http.client
import json
import os
import signal
import sys
import threading
import time
from urllib.parse import quote, urlsplit

POD = os.environ.get("POD_NAME", "")
OWN = f"&pod={quote(POD)}" if POD else ""  # G22
WAIT, PATIENCE, LATE = 1.0, 2.0, 0.5  # seconds: to be held; to be answered beyond that; too late to open


def now():  # G4: counts suspend, where the system has such a clock
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Gate:
    def __init__(self):
        self.lock = threading.RLock()
        self.token, self.until, self.ignored = None, None, 0.0  # until: the promise's end; None while closed

    def is_open(self):
        with self.lock:
            if self.until is not None and now() >= self.until:
                self.close()  # G13
            return self.until is not None

    def close(self):
        with self.lock:
            self.ignored = now()
            if self.until is not None:
                self.until = None
                print("closed", flush=True)

    def hear(self, answer, sent, held):
        with self.lock:
            token, end = answer["fencingToken"], sent + answer["validForMs"] / 1000  # G3
            if not answer["isLeader"]:
                self.close()  # G8
            elif self.is_open() and token == self.token:
                self.until = max(self.until, end)  # G6
            else:
                is_stale = sent <= self.ignored or now() - sent > held + LATE  # G14, G15
                if self.until is not None:
                    self.close()  # G7
                if end > now() and not is_stale:
                    self.token, self.until = token, end
                    print("open", "-" if token is None else token, flush=True)


def understood(status, body):  # G5: the answer, or None
    try:
        answer = json.loads(body)
        token, is_leader = answer["fencingToken"], answer["isLeader"]
        has_identity = type(answer["identity"]) is str
        has_counts = all(type(answer[name]) is int and answer[name] >= 0 for name in ("validForMs", "index"))
        has_token = type(token) is str and token.isascii() and token.isdigit()
        may_lack = token is None and (is_leader is False or answer["reason"] == "Disabled")
        is_whole = status == 200 and type(is_leader) is bool and has_identity and has_counts and (has_token or may_lack)
        return answer if is_whole else None
    except (ValueError, KeyError, TypeError):
        return None


def converse(gate, line):  # G1: asks on one connection, until it is of no more use or was given back
    index = None
    while True:
        held = 0.0 if index is None else WAIT  # G2
        if line.sock is not None:
            line.sock.settimeout(held + PATIENCE)  # G9: raises, and leaves the socket to us
        sent = now()
        query = "" if index is None else f"&wait={held}&index={index}"
        line.request("GET", f"/leader?gate=example-py{OWN}{query}")
        reply = line.getresponse()
        if reply.status in (409, 421) or reply.will_close:
            gate.close()  # G16, G22, G10
            return
        answer = understood(reply.status, reply.read())
        if answer is None:
            time.sleep(0.5)  # G12
            continue
        if POD and answer["identity"] != POD:
            gate.close()  # G22
            return
        index, was_open = answer["index"], gate.is_open()
        gate.hear(answer, sent, held)
        if was_open and not answer["isLeader"]:
            return  # G17: here your work would be waited for


def watch(gate):  # a promise ends even while an answer is waited for
    while True:
        gate.is_open()
        time.sleep(0.05)


def main():
    gate, url = Gate(), urlsplit(os.environ.get("LEADER_URL", "http://127.0.0.1:4040"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=watch, args=(gate,), daemon=True).start()
    delay = 0.01
    while True:
        line, started = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE), now()
        try:
            converse(gate, line)
        except (OSError, http.client.HTTPException) as error:
            gate.close()  # G9
            print(f"{url.netloc}: {error!r}", file=sys.stderr)
        finally:
            gate.close()  # G11: the gate first, then the socket
            line.close()
        delay = 0.01 if now() - started > 0.5 else min(0.5, delay * 2)  # G18
        time.sleep(delay)


main()
