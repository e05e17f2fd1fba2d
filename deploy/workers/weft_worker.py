#!/usr/bin/env python3
"""Pulls training runs from a Weft gateway and runs them here: on a laptop, in a notebook, on a rented GPU.

One file, Python 3.9 or later, the standard library and nothing else; Linux and macOS. As a program:

    WEFT_WORKER_TOKEN_FILE=~/.weft-token python3 weft_worker.py --gateway https://weft.example.com --runtime my-trainer

In a notebook:

    import weft_worker
    worker = weft_worker.Worker("https://weft.example.com", token, runners={"my-trainer": train})
    worker.work(max_runs=1)

where train(run) reads run.parameters and run.data, tells run.progress(0.5) and run.metric("loss", 0.4, step=3), writes the model package's files
into run.package, and returns its final figures, such as {"accuracy": 0.93}.

A run ends here in one of four ways: completed, failed, given back (SIGTERM, or the notebook's stop), or lost: the gateway says that it is somebody else's
by now, and nothing more is told about it. A worker that dies tells nothing; its run goes back to the queue when the lease ends.
"""

import argparse
import collections
import contextlib
import hashlib
import http.client
import json
import math
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows, where nothing tells one worker's folder from another's
    fcntl = None

DOOR = "/api/v1/training/worker/"
CALL_SECONDS = 60
CLAIM_WAIT_MS = 20_000
PART_BYTES = 8 << 20
READ_BYTES = 1 << 20
MAX_ANSWER_BYTES = 16 << 20
# What is kept for reports while the gateway does not answer; more is left out, and counted.
MAX_WAITING_LINES = 10_000
MAX_WAITING_METRICS = 10_000
MAX_LINE = 4096
MAX_REPORT = 1_000
REPORT_SECONDS = 1.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
# For how long a call is repeated that gets no answer, in seconds.
PATIENCE = 600
BAD_INPUT = 65
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")
# Answers after which the same call may succeed: overload, gateways in between, restarts.
TRANSIENT = {408, 425, 429, 499, 500, 502, 503, 504}


class Lost(Exception):
    """The run is not this worker's any more."""


class Refused(Exception):
    """The gateway does not take what it was told, and never will."""

    def __init__(self, status, detail):
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


class BadInput(Exception):
    """The job's data or parameters are wrong: it is not repeated."""


class Stopped(BaseException):
    """The run is not wanted any more, or this worker is to end. No Exception, so that a train(run) which catches those does not go on."""


def log(text):
    print(f"{time.strftime('%H:%M:%S')} weft-worker: {text}", file=sys.stderr, flush=True)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token goes to the gateway and nowhere else."""

    def redirect_request(self, *_):
        return None


class Gateway:
    """Calls the gateway. Thread-safe. Each call has a timeout, and is repeated until patience ends, with pauses that double and have some chance in them."""

    def __init__(self, address, token, timeout=CALL_SECONDS, ca_file=None):
        if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
            raise ValueError(f"gateway: '{address}' (expected: https://host or http://host:port)")
        self.address = address.rstrip("/")
        self.timeout = timeout
        self._token = token
        handlers = [NoRedirects()]
        if ca_file:
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file)))
        self._opener = urllib.request.build_opener(*handlers)

    def __repr__(self):
        return f"Gateway({self.address})"  # without the token

    def once(self, method, path, body=None, query=None, timeout=None, stream=None):
        """One call; returns the answer's JSON, or what stream makes of the answer."""
        url = self.address + DOOR + path + ("?" + urllib.parse.urlencode(query) if query else "")
        timeout = timeout or self.timeout
        headers = {
            "Authorization": "Bearer " + self._token,
            "X-Request-Timeout-Ms": str(int(timeout * 1000)),
            "User-Agent": "weft-worker",
        }
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
        elif body is not None:
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        try:
            # Somewhat longer than the gateway takes, so that it is the one who says that it was too long.
            with self._opener.open(request, timeout=timeout + 5) as answer:
                if stream:
                    return stream(answer)
                return json.loads(answer.read(MAX_ANSWER_BYTES) or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                detail = detail_of(error)
                if error.code == 412:
                    raise Lost(detail) from None
                if error.code in TRANSIENT:
                    raise Unanswered(f"{error.code} {detail}", retry_after(error)) from None
                raise Refused(error.code, detail) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswered(f"{type(error).__name__}: {error}", 0) from None

    def call(self, method, path, body=None, query=None, timeout=None, stream=None, patience=PATIENCE, stop=None):
        patience = Patience(patience, stop)
        while True:
            try:
                return self.once(method, path, body, query, timeout, stream)
            except Unanswered as error:
                patience.pause(f"{method} {path.rsplit('/', 1)[-1]}", error)


class Unanswered(Exception):
    """There was no answer, or one that says to ask again."""

    def __init__(self, text, retry_after):
        super().__init__(text)
        self.retry_after = retry_after


class Pauses:
    """0.5 s and twice as long each time, up to 30 s; of each pause a random part of its second half."""

    def __init__(self):
        self._pause = FIRST_PAUSE

    def next(self):
        pause = self._pause
        self._pause = min(LONGEST_PAUSE, pause * 2)
        return pause * random.uniform(0.5, 1.0)


class Patience:
    """How often something is tried again that gets no answer: until so many seconds have passed without progress."""

    def __init__(self, seconds=PATIENCE, stop=None):
        self._seconds = seconds
        self._stop = stop or threading.Event()
        self.renew()

    def renew(self):
        self._end = time.monotonic() + self._seconds
        self._pauses = Pauses()

    def pause(self, what, error):
        """Waits, or raises the error when it was the last."""
        pause = max(getattr(error, "retry_after", 0.0), self._pauses.next())
        if time.monotonic() + pause > self._end:
            raise error
        log(f"{what}: {error}; again in {pause:.1f} s")
        if self._stop.wait(pause):
            raise Stopped()


def retry_after(error):
    try:
        return min(LONGEST_PAUSE, max(0.0, float(error.headers.get("Retry-After", "0"))))
    except ValueError:
        return 0.0


def detail_of(error):
    try:
        body = error.read(64 << 10)
        return str(json.loads(body).get("detail", ""))[:500]
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return error.reason if isinstance(error.reason, str) else ""


class Reports:
    """What a run tells, in numbered reports: one that is repeated because its answer was lost counts once. Sent by one thread."""

    def __init__(self, gateway, held):
        self._gateway = gateway
        self._held = held
        self._lock = threading.Lock()
        self._lines = collections.deque()
        self._metrics = collections.deque()
        self._left_out = 0
        self._progress = None
        self._number = 0
        self._unsent = None

    def line(self, stream, text):
        with self._lock:
            if len(self._lines) >= MAX_WAITING_LINES:
                self._left_out += 1
            else:
                self._lines.append({"stream": stream, "text": text[:MAX_LINE]})

    def metric(self, name, value, step):
        with self._lock:
            if math.isfinite(value) and len(self._metrics) < MAX_WAITING_METRICS:
                self._metrics.append({"name": str(name), "value": float(value), "step": str(int(step))})

    def progress(self, fraction):
        with self._lock:
            self._progress = min(1.0, max(0.0, float(fraction)))

    def send(self):
        """Sends the next report, if there is anything to tell; True when the run is to stop."""
        if self._unsent is None:
            self._unsent = self._take()
        if self._unsent is None:
            return False
        answer = self._gateway.once("POST", self._held["path"] + "/report", self._unsent)
        self._unsent = None
        return bool(answer.get("stop"))

    def is_empty(self):
        with self._lock:
            return self._unsent is None and not self._lines and not self._metrics and self._progress is None

    def _take(self):
        with self._lock:
            if not self._lines and not self._metrics and self._progress is None and not self._left_out:
                return None
            if self._left_out and len(self._lines) < MAX_WAITING_LINES:
                self._lines.append({"stream": "stderr", "text": f"({self._left_out} lines left out)"})
                self._left_out = 0
            self._number += 1
            report = {"lease_token": self._held["lease_token"], "number": str(self._number)}
            report["lines"] = [self._lines.popleft() for _ in range(min(MAX_REPORT, len(self._lines)))]
            report["metrics"] = [self._metrics.popleft() for _ in range(min(MAX_REPORT, len(self._metrics)))]
            if self._progress is not None:
                report["progress"] = self._progress
                self._progress = None
            return report


class Run:
    """A run that this worker has. What a train(run) sees: parameters, data (a file, or None), folder, package, deadline_seconds, and the methods
    progress, metric, log and check."""

    def __init__(self, gateway, claimed, folder):
        self.id = claimed["run_id"]
        self.job_id = claimed["job_id"]
        self.attempt = int(claimed.get("attempt", 1))
        self.runtime = claimed.get("runtime", {})
        self.parameters = claimed.get("parameters", {})
        self.resources = claimed.get("resources", {})
        self.folder = folder
        self.output = folder / "output"
        self.package = self.output / "package"
        self.data = None
        self.claimed = claimed
        self.gateway = gateway
        self.path = "runs/" + urllib.parse.quote(self.id, safe="")
        self.lease_token = str(claimed.get("lease_token", "0"))
        self.lease_seconds = int(claimed.get("lease_ms", 60_000)) / 1000
        self.deadline_seconds = seconds_until(claimed.get("deadline_at"))
        self.reports = Reports(gateway, {"path": self.path, "lease_token": self.lease_token})
        # Set when there is no point in going on, whatever the reason; lost says which.
        self.ended = threading.Event()
        self.lost = threading.Event()
        self._told = threading.Event()
        self._kept = threading.Event()
        self._teller = threading.Thread(target=self._tell, daemon=True)
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def progress(self, fraction):
        """How far it is, 0 to 1. Raises Stopped when the run is to end, as do metric and check."""
        self.check()
        self.reports.progress(fraction)

    def metric(self, name, value, step=0):
        """A value of a step, from 1; step 0 is the whole."""
        self.check()
        self.reports.metric(name, value, step)

    def log(self, text):
        for line in str(text).splitlines():
            self.reports.line("stdout", line)

    def check(self):
        """Raises Stopped when the run is to end; a train(run) calls it in its loop."""
        if self.ended.is_set():
            raise Stopped()

    def begin(self):
        self._teller.start()
        self._keeper.start()

    def _keep(self):
        timeout = max(1.0, min(CALL_SECONDS, self.lease_seconds / 2))
        while not self._kept.wait(min(20.0, self.lease_seconds / 3)):
            self._ask(lambda: self.gateway.once(
                "POST", self.path + "/heartbeat", {"lease_token": self.lease_token}, timeout=timeout).get("stop"))

    def _tell(self):
        while not self._told.wait(REPORT_SECONDS):
            self._ask(self.reports.send)

    def _ask(self, question):
        try:
            if question():
                self.ended.set()
        except Unanswered as error:
            log(f"{self.id}: {error}")
        except (Lost, Refused) as error:
            # Refused: the token was revoked, for one. What has been completed is not this worker's any more, either.
            if not self._kept.is_set():
                log(f"{self.id}: {error}")
                self.lost.set()
                self.ended.set()

    def quiet(self):
        """Ends the reports; the heartbeat goes on."""
        self._told.set()
        self._teller.join(CALL_SECONDS + 10)

    def release(self):
        """Ends the heartbeat, too."""
        self._kept.set()
        self.quiet()

    def tell_all(self, seconds):
        """Sends what is still to be told; gives up after a while, as the outcome is what counts."""
        end = time.monotonic() + seconds
        pauses = Pauses()
        while not self.reports.is_empty() and time.monotonic() < end:
            try:
                self.reports.send()
            except Unanswered:
                time.sleep(pauses.next())

    def call(self, method, what, body=None, query=None, stream=None, stop=None):
        if isinstance(body, dict):
            body = dict(body, lease_token=self.lease_token)
        if query is not None:
            query = dict(query, lease_token=self.lease_token)
        return self.gateway.call(method, self.path + what, body, query, stream=stream, stop=stop or self.ended)

    def event(self, line):
        """Understands a line of the program's standard output, as training-dispatcher does; what is no event is log."""
        try:
            event = json.loads(line) if line.startswith("{") else None
        except ValueError:
            event = None
        kind = event.get("type") if isinstance(event, dict) else None
        if kind == "progress" and is_number(event.get("percent")):
            self.reports.progress(event["percent"] / 100)
            if event.get("message"):
                self.reports.line("stdout", str(event["message"]))
        elif kind == "metric" and isinstance(event.get("name"), str) and is_number(event.get("value")):
            self.reports.metric(event["name"], event["value"], event["step"] if is_number(event.get("step")) else 0)
        elif kind == "log":
            self.reports.line("stdout", str(event.get("message", "")))
        elif kind == "result" and isinstance(event.get("package"), str):
            return event
        elif kind == "failure":
            return event
        else:
            self.reports.line("stdout", line)
        return None


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def seconds_until(timestamp):
    """Of 2027-01-01T00:00:00.123Z; a day when there is none."""
    if not timestamp:
        return 86_400.0
    import calendar
    return calendar.timegm(time.strptime(timestamp[:19], "%Y-%m-%dT%H:%M:%S")) - time.time()


class Data:
    """Fetches a run's data: what came with the job from the gateway, and what a job names from where this worker's owner allows."""

    def __init__(self, folders=(), urls=(), max_bytes=16 << 30):
        self._folders = [Path(folder).resolve() for folder in folders]
        self._urls = tuple(urls)
        self._max_bytes = max_bytes

    def fetch(self, run):
        """The file, or None when the job has none."""
        name, uri = run.claimed.get("data_file_name"), run.claimed.get("data_uri")
        folder = run.folder / "data"
        folder.mkdir()
        if name:
            target = folder / plain(name)
            self._from_gateway(run, target, int(run.claimed.get("data_size_bytes", 0)))
            return target
        if not uri:
            return None
        parts = urllib.parse.urlsplit(uri)
        target = folder / plain(Path(urllib.parse.unquote(parts.path)).name)
        if parts.scheme == "file":
            shutil.copyfile(self._file(uri, parts), target)
        elif parts.scheme in ("http", "https"):
            self._from_url(uri, target)
        else:
            raise BadInput(f"data_uri: '{uri}' (expected: file:, http: or https:, on this worker)")
        return target

    def _from_gateway(self, run, target, size):
        patience = Patience(stop=run.ended)
        with open(target, "wb") as file:
            while file.tell() < size:
                before = file.tell()
                query = {"lease_token": run.lease_token, "offset": before}
                try:
                    run.gateway.once("GET", run.path + "/data", query=query, stream=lambda answer: copy(answer, file, size))
                except Unanswered as error:
                    # Goes on where the connection broke.
                    patience.pause(f"{run.id}: data at {file.tell()}", error)
                    continue
                if file.tell() == before:
                    raise BadInput(f"data: {before} bytes (expected: {size})")
                patience.renew()

    def _file(self, uri, parts):
        source = Path(urllib.parse.unquote(parts.path)).resolve()
        if not source.is_file() or not any(folder in source.parents for folder in self._folders):
            raise BadInput(f"data_uri: '{uri}' (expected: a file below one of this worker's --data-folder)")
        return source

    def _from_url(self, uri, target):
        if not uri.startswith(self._urls or ("\0",)):
            raise BadInput(f"data_uri: '{uri}' (expected: one that begins as a --data-url of this worker)")
        # Not the gateway's opener: the token goes nowhere else. Nor are redirects followed, out of what is allowed.
        opener = urllib.request.build_opener(NoRedirects())
        try:
            with opener.open(uri, timeout=CALL_SECONDS) as answer, open(target, "wb") as file:
                copy(answer, file, self._max_bytes)
                expected = answer.headers.get("Content-Length")
                if answer.read(1) or (expected and int(expected) != file.tell()):
                    raise OSError(f"{file.tell()} bytes (expected: {expected}, at most {self._max_bytes})")
        except urllib.error.HTTPError as error:
            if error.code in TRANSIENT:
                raise
            raise BadInput(f"data_uri: '{uri}' answers {error.code}") from None


def copy(source, target, limit):
    """Up to so many bytes in all; what came before a connection broke is kept, and told by the next offset."""
    while target.tell() < limit:
        try:
            piece = source.read(min(READ_BYTES, limit - target.tell()))
        except http.client.IncompleteRead as error:
            target.write(error.partial)
            raise
        if not piece:
            return
        target.write(piece)


def plain(name):
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise BadInput(f"data: file name '{name}' (expected: a plain one)")
    return name


class Upload:
    """Sends the files of a result. A part that was cut off goes on at the offset that the gateway tells."""

    def __init__(self, run, part_bytes=PART_BYTES):
        self._run = run
        self._part_bytes = part_bytes

    def folder(self, folder):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files:
            if path.is_symlink() or folder.resolve() not in path.resolve().parents:
                raise BadInput(f"result: '{path.name}' is a link out of the package (expected: a file in it)")
            self._file(path, path.relative_to(folder).as_posix())
        return len(files)

    def _file(self, path, name):
        size = path.stat().st_size
        digest = sha256(path)
        patience = Patience(stop=self._run.ended)
        with open(path, "rb") as file:
            while True:
                offset = self._offset(name, size, digest)
                try:
                    while offset < size:
                        self._run.check()
                        file.seek(offset)
                        offset = self._part(name, offset, file.read(self._part_bytes))
                        patience.renew()
                    return
                except Unanswered as error:
                    patience.pause(f"{self._run.id}: {name} at {offset}", error)
                except Refused as error:
                    # 400: the offset is another one, since an answer was lost.
                    if error.status != 400:
                        raise
                    patience.pause(f"{self._run.id}: {name} at {offset}", error)

    def _offset(self, name, size, digest):
        answer = self._run.call("POST", "/files", {"path": name, "size_bytes": str(size), "sha256": digest})
        return int(answer.get("offset", 0))

    def _part(self, name, offset, content):
        query = {"path": name, "offset": offset, "lease_token": self._run.lease_token}
        return int(self._run.gateway.once("PUT", self._run.path + "/files", content, query).get("offset", 0))


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(READ_BYTES), b""):
            digest.update(piece)
    return digest.hexdigest()


class Program:
    """Runs a program in a session of its own, under a process that ends it, and all that it has begun, when this worker dies."""

    def __init__(self, command, grace, environment):
        self._command = command
        self._grace = grace
        self._environment = environment

    def run(self, run):
        """Returns the exit code and its last event."""
        last = {}
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), "--supervise", str(self._grace), *self._command, str(run.folder)],
            cwd=run.folder, env=self._env(run), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)

        def read_out():
            for line in lines(process.stdout):
                last.update(event=run.event(line) or last.get("event"))

        def read_err():
            for line in lines(process.stderr):
                run.reports.line("stderr", line)

        readers = [threading.Thread(target=work, daemon=True) for work in (read_out, read_err)]
        for reader in readers:
            reader.start()
        try:
            code = self._wait(process, run)
        finally:
            # Its end tells the supervisor to end the program.
            with contextlib.suppress(OSError):
                process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self._grace + 10)
            # What the program has left behind.
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        for reader in readers:
            reader.join(10)
        return code, last.get("event")

    @staticmethod
    def _wait(process, run):
        end = time.monotonic() + max(1.0, run.deadline_seconds)
        while time.monotonic() < end and not run.ended.is_set():
            try:
                return process.wait(0.2)
            except subprocess.TimeoutExpired:
                pass
        return None

    def _env(self, run):
        # Nothing else of this worker's environment, where its token is, unless its owner names it.
        environment = {name: os.environ[name] for name in (*PASSED_ON, *self._environment) if name in os.environ}
        cores = math.ceil(int(run.resources.get("cpu_millis", 0)) / 1000) or cpus()
        temporary = run.folder.parent / "tmp"
        temporary.mkdir(exist_ok=True)
        environment.update(OMP_NUM_THREADS=str(cores), WEFT_CORES=str(cores), HOME=str(run.folder), TMPDIR=str(temporary),
                           WEFT_MEMORY_BYTES=str(run.resources.get("memory_bytes", 0)))
        return environment


def lines(stream):
    """Of a program's output; one that never ends a line is cut."""
    while True:
        line = stream.readline(64 << 10)
        if not line:
            return
        yield line.decode("utf-8", "replace").rstrip("\r\n").replace("\0", "")


def supervise(grace, command):
    """Runs the command as a child in this process' session; when standard input ends, the worker has died or wants the end."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    signal.signal(signal.SIGTERM, lambda *_: None)

    def end():
        while os.read(0, 1):
            pass
        with contextlib.suppress(OSError):
            os.killpg(0, signal.SIGTERM)
        time.sleep(grace)
        os.killpg(0, signal.SIGKILL)  # this process too

    threading.Thread(target=end, daemon=True).start()
    code = child.wait()
    # At once: the thread that reads would be in the way of an orderly exit.
    os._exit(code if code >= 0 else 128 - code)


class Worker:
    """Claims runs and works on them, one at a time.

    runners: by the runtime's name a function train(run), a command (a list, which the run's folder is added to), or None for the command that the
    runtime itself names. Only these runtimes are claimed.
    """

    def __init__(self, gateway, token, runners, folder=None, gpus=0, data=None, grace=20.0, environment=(), part_bytes=PART_BYTES,
                 timeout=CALL_SECONDS, ca_file=None):
        if not runners:
            raise ValueError("runners: none (expected: at least one runtime that this worker can run)")
        self.gateway = Gateway(gateway, token, timeout, ca_file)
        self.runners = dict(runners)
        self.folder = Path(folder or tempfile.mkdtemp(prefix="weft-worker-"))
        self.resources = {"cpu_millis": cpus() * 1000, "memory_bytes": str(memory_bytes()), "gpus": gpus}
        self.data = data or Data()
        self.grace = grace
        self.environment = tuple(environment)
        self.part_bytes = part_bytes
        self.stopping = threading.Event()
        self._current = None

    def stop(self, *_):
        """Gives the present run back and ends; for signals, and for other threads."""
        self.stopping.set()
        run = self._current
        if run is not None:
            run.ended.set()

    def work(self, max_runs=None, max_idle=None):
        """Until stop(), so many runs, or so many seconds without one; returns how many runs were completed."""
        completed = done = 0
        with self._own_folder():
            idle_since = time.monotonic()
            pauses = Pauses()
            while not self.stopping.is_set() and (max_runs is None or done < max_runs):
                try:
                    answer = self.gateway.once(
                        "POST", "claim", {"runtimes": sorted(self.runners), "resources": self.resources},
                        {"wait_ms": CLAIM_WAIT_MS}, timeout=CLAIM_WAIT_MS / 1000 + 10)
                    pauses = Pauses()
                except Unanswered as error:
                    pause = max(error.retry_after, pauses.next())
                    log(f"claim: {error}; again in {pause:.1f} s")
                    self.stopping.wait(pause)
                    answer = {}
                if "run" in answer:
                    done += 1
                    completed += self._run(answer["run"])
                    idle_since = time.monotonic()
                elif max_idle is not None and time.monotonic() - idle_since > max_idle:
                    break
        return completed

    @contextlib.contextmanager
    def _own_folder(self):
        """What a worker that died has left is removed; a worker that lives has the lock."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w", encoding="ascii") as lock:
            if fcntl:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise RuntimeError(f"{self.folder}: another worker works here (expected: a folder for each)") from None
            self._clear()
            try:
                yield
            finally:
                self._clear()

    def _clear(self):
        for left in self.folder.glob("run-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _run(self, claimed):
        home = Path(tempfile.mkdtemp(prefix="run-", dir=self.folder)).resolve()
        folder = home / "job"
        folder.mkdir()
        run = Run(self.gateway, claimed, folder)
        log(f"{run.id}: claimed, runtime {run.runtime.get('name')}")
        self._current = run
        run.begin()
        try:
            if self.stopping.is_set():
                run.ended.set()
            package, metrics = self._train(run)
            run.check()
            count = Upload(run, self.part_bytes).folder(package)
            run.quiet()
            run.tell_all(CALL_SECONDS)
            run.check()
            # From here on it is no longer given back: what was completed must not be begun again.
            self._complete(run, metrics, package)
            log(f"{run.id}: completed, {count} files")
            return 1
        except Lost:
            log(f"{run.id}: not this worker's any more")
        except Stopped:
            if self.stopping.is_set():
                self._give_back(run)
            else:
                self._give_up(run, "stopped", retryable=True)
        except BadInput as error:
            self._give_up(run, str(error), retryable=False)
        except Refused as error:
            # 413: it is as large the next time.
            self._give_up(run, f"refused: {error}", retryable=error.status != 413)
        except (Unanswered, OSError, RuntimeError, ValueError) as error:
            self._give_up(run, f"{type(error).__name__}: {error}", retryable=True)
        except KeyboardInterrupt:
            self._give_back(run)
            raise
        finally:
            run.release()
            self._current = None
            shutil.rmtree(home, ignore_errors=True)
        return 0

    def _complete(self, run, metrics, package):
        never = threading.Event()
        for _ in range(3):
            try:
                run.call("POST", "/complete", {"metrics": metrics}, stop=never)
                return
            except Refused as error:
                # Files whose hash was another one are to be sent again.
                log(f"{run.id}: complete: {error}")
                if error.status != 400:
                    raise
                Upload(run, self.part_bytes).folder(package)
        raise RuntimeError("the result was refused three times")

    def _give_back(self, run):
        self._give_up(run, "the worker was stopped", retryable=True, given_back=True)

    @staticmethod
    def _give_up(run, reason, retryable, given_back=False):
        """Given back: nothing has failed, and it is no attempt that counts."""
        run.release()
        if run.lost.is_set():
            log(f"{run.id}: not this worker's any more")
            return
        log(f"{run.id}: {'given back' if given_back else 'failed'}: {reason}")
        body = {"lease_token": run.lease_token, "reason": reason[:2000], "retryable": retryable, "given_back": given_back}
        try:
            run.tell_all(10)
            run.gateway.call("POST", run.path + "/fail", body, patience=60)
        except (Unanswered, Refused, Lost) as error:
            log(f"{run.id}: not told, the lease will end: {error}")

    def _train(self, run):
        """Returns the package's folder and the final figures."""
        run.data = self.data.fetch(run)
        run.output.mkdir()
        name = run.runtime.get("name", "")
        runner = self.runners.get(name)
        if callable(runner):
            return self._call(run, runner)
        command = runner or run.runtime.get("command", {}).get("command")
        if not command:
            raise BadInput(f"runtime: '{name}' is no command (expected: one, or --run {name}=COMMAND on this worker)")
        settings = {"deadline_seconds": str(max(1, int(run.deadline_seconds)))}
        data = {"train": "data/" + run.data.name} if run.data else {}
        (run.folder / "job.json").write_text(json.dumps(
            {"parameters": run.parameters, "data": data, "settings": settings, "output": "output"}, indent=2), encoding="utf-8")
        code, event = Program(command, self.grace, self.environment).run(run)
        if run.ended.is_set():
            raise Stopped()
        if code is None:
            raise RuntimeError("the deadline has passed")
        event = event or {}
        if code != 0:
            reason = str(event.get("message") or f"exit code {code}")
            if code == BAD_INPUT:
                raise BadInput(reason)
            raise RuntimeError(reason)
        if event.get("type") != "result":
            raise RuntimeError("the program ended without a result (expected: the event result)")
        package = (run.output / event["package"]).resolve()
        if run.output.resolve() not in (package, *package.parents) or not package.is_dir():
            raise RuntimeError(f"result: package '{event['package']}' (expected: a folder inside the run's output)")
        figures = event.get("metrics")
        return package, {name: value for name, value in (figures if isinstance(figures, dict) else {}).items() if is_number(value)}

    @staticmethod
    def _call(run, train):
        run.package.mkdir()
        try:
            metrics = train(run)
        except (Stopped, BadInput):
            raise
        except Exception as error:  # whatever somebody's code does, the run's owner hears of it
            import traceback
            for line in traceback.format_exc().splitlines():
                run.reports.line("stderr", line)
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        return run.package, {str(name): float(value) for name, value in (metrics or {}).items()}


def cpus():
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def memory_bytes():
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    try:
        return min(machine, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    except (OSError, ValueError):
        return machine


def count_gpus():
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=20, check=False, text=True)
        return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
    except (OSError, subprocess.TimeoutExpired):
        return 0


def read_token(file=None):
    """Of the file, or of WEFT_WORKER_TOKEN_FILE or WEFT_WORKER_TOKEN."""
    file = file or os.environ.get("WEFT_WORKER_TOKEN_FILE")
    token = Path(file).expanduser().read_text(encoding="ascii").strip() if file else os.environ.get("WEFT_WORKER_TOKEN", "").strip()
    if not token.startswith("wtw_"):
        raise SystemExit("token: none (expected: one that begins with wtw_, in WEFT_WORKER_TOKEN, or in the file that --token-file names)")
    return token


def arguments():
    parser = argparse.ArgumentParser(description="Pulls training runs from a Weft gateway and runs them here.")
    parser.add_argument("--gateway", default=os.environ.get("WEFT_GATEWAY", "http://127.0.0.1:8080"), help="its address (WEFT_GATEWAY)")
    parser.add_argument("--token-file", help="file with the worker's token; otherwise WEFT_WORKER_TOKEN_FILE or WEFT_WORKER_TOKEN")
    parser.add_argument("--runtime", action="append", default=[], metavar="NAME", help="a runtime to take, run by the command that it names")
    parser.add_argument("--run", action="append", default=[], metavar="NAME=COMMAND", help="a runtime to take, run by this command here; split at spaces")
    parser.add_argument("--folder", help="where runs have their folders; one worker at a time. Otherwise a temporary one")
    parser.add_argument("--gpus", type=int, help="otherwise as nvidia-smi counts them")
    parser.add_argument("--data-folder", action="append", default=[], help="below which data may lie that jobs name with file:")
    parser.add_argument("--data-url", action="append", default=[], help="how data URLs may begin that jobs name, such as https://data.example.com/")
    parser.add_argument("--env", action="append", default=[], metavar="NAME", help="a variable of the environment that programs see, too")
    parser.add_argument("--grace", type=float, default=20.0, help="seconds between SIGTERM and SIGKILL of a program")
    parser.add_argument("--part-bytes", type=int, default=PART_BYTES, help="bytes of a result that are sent with one request")
    parser.add_argument("--timeout", type=float, default=CALL_SECONDS, help="seconds of one request")
    parser.add_argument("--ca-file", help="certificates to trust instead of the system's")
    parser.add_argument("--max-runs", type=int, help="ends after so many")
    parser.add_argument("--max-idle", type=float, help="ends after so many seconds without a run")
    return parser.parse_args()


def main():
    options = arguments()
    runners = {name: None for name in options.runtime}
    for pair in options.run:
        name, equals, command = pair.partition("=")
        if not equals or not command.split():
            raise SystemExit(f"--run: '{pair}' (expected: NAME=COMMAND)")
        runners[name] = command.split()
    if not runners:
        raise SystemExit("--runtime: missing (expected: at least one --runtime NAME or --run NAME=COMMAND)")
    worker = Worker(
        options.gateway, read_token(options.token_file), runners, folder=options.folder,
        gpus=count_gpus() if options.gpus is None else options.gpus, data=Data(options.data_folder, options.data_url), grace=options.grace,
        environment=options.env, part_bytes=options.part_bytes, timeout=options.timeout, ca_file=options.ca_file)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    log(f"{socket.gethostname()} asks {options.gateway} for {', '.join(sorted(runners))}")
    try:
        completed = worker.work(options.max_runs, options.max_idle)
    except Refused as error:
        raise SystemExit(f"the gateway refuses: {error}") from None
    log(f"ends; {completed} runs completed")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--supervise"]:
        sys.exit(supervise(float(sys.argv[2]), sys.argv[3:]))
    main()
