"""The page as a host runs it: in the container, and in a fresh environment; a browser drives it.

python -m benchmarks.hosting container
python -m benchmarks.hosting container --memory 0 --tests tests/browser/test_examine.py
python -m benchmarks.hosting environment --python python3.12
python -m benchmarks.hosting environment --python python3.11 --requirements requirements.lock

`container` needs root and Debian's buildah, podman, runc and slirp4netns, but no daemon and no registry of
images. Its steps are those of the Dockerfile itself; only what they start from is another: a root with
Debian's Python that mmdebstrap makes, a tar of such a root (`--base`), or any image that can be fetched
(`--image`). It runs as docs/operating.md says: file system read-only, another user than root (`--user` names
one), no capabilities, memory limited. `--volume` and `--env` are passed on to the build, for an index of
packages that needs a certificate. `--built` runs what was built last. `--tests` runs browser tests against
the container. `environment` installs one file of requirements into a new environment and nothing else.

Memory is that of the server and all that it started: what they hold (RSS, shared libraries with it) and what
of it no file backs, which is all that a limit cannot take back. Exits with status 1 if the page failed.
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Error, Page

from benchmarks.browser import ROOT, find_browser, opened_browser, running_server, settle
from benchmarks.memory import megabytes, process_tree
from benchmarks.page_speed import photo, seconds_to_overlay, seconds_to_page

# The host guarantees 690 MB (docs/operating.md).
GUARANTEED = 690_000_000
DEBIAN = ("bookworm", "python3,python3-venv,python-is-python3,ca-certificates")
BASE = "localhost/python-of-debian:bookworm"
IMAGE = "localhost/melanoma:built"
_OVERLAY = ".st-key-overlay .hm image"
_GRADIENTS = "grad-cam"


def call(*command: object, **more: object) -> str:
    """Run a command, and return what it prints; its errors and progress go to the terminal."""
    ran = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True, **more)
    return ran.stdout.strip()


# The container


def storage(work: Path) -> list[str]:
    """Return the options that keep images and containers of podman and buildah within the folder `work`."""
    return ["--root", str(work / "storage"), "--runroot", str(work / "runroot")]


def make_base(work: Path, tar: Path | None) -> None:
    """Make of a tar, or of Debian's packages, the image that the build starts from."""
    if tar is None:
        tar = work / "base.tar"
        if not tar.exists():
            release, packages = DEBIAN
            unfinished = tar.with_suffix(".part.tar")
            call("mmdebstrap", "--variant=minbase", f"--include={packages}", release, unfinished)
            unfinished.rename(tar)
    call("podman", *storage(work), "import", "--quiet", tar, BASE)


def build(work: Path, options: argparse.Namespace) -> None:
    """Carry out the Dockerfile's steps; those that changed nothing since the last time are not repeated."""
    began = time.perf_counter()
    if options.image is None:
        make_base(work, options.base)
    more = [f"--volume={volume}" for volume in options.volume] + [f"--env={pair}" for pair in options.env]
    started_from = options.image or BASE
    command = ["buildah", *storage(work), "build", "--isolation=chroot", "--layers", "--format=docker"]
    command += [f"--build-arg=PYTHON={started_from}", *more, f"--tag={IMAGE}", ROOT]
    call(*command)
    size = int(call("podman", *storage(work), "image", "inspect", "--format={{.Size}}", IMAGE))
    print(
        f"built from {started_from} in {time.perf_counter() - began:.0f} s, {size / 1e6:.0f} MB", flush=True
    )


@contextlib.contextmanager
def running_container(work: Path, memory: int, user: str | None) -> Iterator[tuple[str, int]]:
    """Run the image as docs/operating.md says; yield its address and its server's process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    podman = ["podman", *storage(work), "--runtime=runc", "--cgroup-manager=cgroupfs"]
    limits = [f"--memory={memory}b", f"--memory-swap={memory}b"] if memory else []
    command = [*podman, "run", "--detach", "--read-only", "--tmpfs=/tmp:size=64m", *limits, "--cap-drop=ALL"]
    command += ["--security-opt=no-new-privileges", "--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"]
    command += ["--network=slirp4netns", f"--publish=127.0.0.1:{port}:8501", "--env=MELANOMA_ARCHIVE=off"]
    command += [f"--user={user}"] if user else []
    container = call(*command, IMAGE)
    try:
        process = int(call(*podman, "inspect", "--format={{.State.Pid}}", container))
        yield f"http://127.0.0.1:{port}", process
    finally:
        subprocess.run([*podman, "logs", "--tail=5", container], check=False)
        checked = subprocess.run([*podman, "healthcheck", "run", container], check=False)
        health = "passed" if checked.returncode == 0 else "failed"
        state = json.loads(call(*podman, "inspect", "--format={{json .State}}", container))
        print(f"in the end {state['Status']}, killed for memory: {state['OOMKilled']}, health check {health}")
        call(*podman, "rm", "--force", "--time=20", container)


def confinement(process: int) -> str:
    """Return as whom a process runs, with which rights, and whether its file system is read-only.

    Raises
    ------
    RuntimeError
        If it is root, has a capability, may gain rights, or can write to its file system.
    """
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    )
    mounts = [line.split() for line in Path(f"/proc/{process}/mountinfo").read_text("utf-8").splitlines()]
    users = set(status["Uid"].split())
    writable = ["rw" in mount[5].split(",") for mount in mounts if mount[4] == "/"][-1]
    capable = int(status["CapEff"], 16) | int(status["CapBnd"], 16)
    if "0" in users or writable or capable or status["NoNewPrivs"].strip() != "1":
        raise RuntimeError(f"not confined: users {users}, writable {writable}, capabilities {capable:x}")
    return f"user {', '.join(sorted(users))}, no capability, nor can it gain one; / is read-only"


def control_group(process: int) -> Path | None:
    """Return the folder of a process's control group for memory (either version), None if it has no own."""
    for line in Path(f"/proc/{process}/cgroup").read_text("utf-8").splitlines():
        number, controllers, path = line.split(":", 2)
        top = Path("/sys/fs/cgroup", controllers)
        if controllers == "memory" or (number == "0" and (top / "cgroup.controllers").exists()):
            return top / path.lstrip("/")
    return None


def charged(group: Path) -> str:
    """Return what the kernel charges a control group with: now, at most, and how often its limit was met."""
    if (group / "memory.usage_in_bytes").exists():
        names, met = ("memory.usage_in_bytes", "memory.max_usage_in_bytes"), group / "memory.failcnt"
        limited = met.read_text("ascii").strip()
    else:
        names = ("memory.current", "memory.peak")
        limited = dict(map(str.split, (group / "memory.events").read_text("ascii").splitlines()))["max"]
    now, most = (int((group / name).read_text("ascii")) / 1e6 for name in names)
    return f"charged {now:.0f} MB (at most {most:.0f}), limit met {limited} times"


# A fresh environment


def fresh_environment(folder: Path, python: str, requirements: Path, uv: str | None) -> Path:
    """Install a file of requirements into a new environment, and return its interpreter."""
    began = time.perf_counter()
    call(python, "-m", "venv", folder)
    interpreter = folder / "bin" / "python"
    install = [uv, "pip", "install", "--python", interpreter] if uv else [interpreter, "-m", "pip", "install"]
    hashed = ["--require-hashes", "--only-binary", ":all:"] if requirements.suffix == ".lock" else []
    call(*install, "--quiet", *hashed, "-r", requirements, stdin=subprocess.DEVNULL)
    version = call(interpreter, "-c", "import platform; print(platform.python_version())")
    count = len(json.loads(call(interpreter, "-m", "pip", "list", "--format=json")))
    took = time.perf_counter() - began
    print(
        f"Python {version}, {requirements.name} by {'uv' if uv else 'pip'}: {count} packages in {took:.0f} s",
        flush=True,
    )
    return interpreter


# What a visitor does


def holding(process: int) -> str:
    """Return what a server and all that it started hold: in all, and what no file backs."""
    tree = process_tree(process)
    held = sum(megabytes("VmRSS", one) for one in tree)
    own = sum(megabytes("RssAnon", one) + megabytes("RssShmem", one) for one in tree)
    group = control_group(process)
    told = f"; {charged(group)}" if group and group.name.startswith("libpod-") else ""
    return (
        f"{held * 1.048576:.0f} MB in {len(tree)} processes, {own * 1.048576:.0f} MB backed by no file{told}"
    )


def look(page: Page, address: str, process: int, began: float) -> None:
    """Open the page, give it a photo, open every other page, and ask for a map by gradients; print each.

    Raises
    ------
    RuntimeError
        If a page shows Streamlit's sentence about a defect.
    """
    page.goto(f"{address}/?lang=en")
    page.get_by_text("What does the network see?").wait_for(timeout=180_000)
    framed = time.perf_counter() - began
    page.locator(_OVERLAY).first.wait_for(state="attached", timeout=180_000)
    print(
        f"frame after {framed:.1f} s, first result after {time.perf_counter() - began:.1f} s from the start"
    )
    settle(page, 180)
    print(f"at rest: {holding(process)}", flush=True)
    took = seconds_to_overlay(page, photo(1, 600, 450), 3000)
    print(f"a photo and its map: {took:.1f} s; {holding(process)}", flush=True)
    for link in page.get_by_test_id("stTopNavLink").all()[1:]:
        took = seconds_to_page(page, link)
        title = page.locator("h1").inner_text()
        if page.get_by_test_id("stException").count():
            raise RuntimeError(f"{title}: {page.get_by_test_id('stException').first.inner_text()}")
        print(f"page {title}: {took:.1f} s")
    print(f"after all pages: {holding(process)}", flush=True)
    started = time.perf_counter()
    page.goto(f"{address}/?lang=en&sample=mole-like&method={_GRADIENTS}")
    page.locator(_OVERLAY).first.wait_for(state="attached", timeout=300_000)
    settle(page, 180)
    print(f"a map by gradients: {time.perf_counter() - started:.1f} s; {holding(process)}", flush=True)


def visit(address: str, process: int, began: float, browser_path: str) -> bool:
    """Wait for a server, visit it, and return whether all went well."""
    while True:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).read()
            break
        except OSError:
            if not Path(f"/proc/{process}").exists() or time.perf_counter() - began > 180:
                print("the server did not start")
                return False
            time.sleep(0.2)
    print(f"answers after {time.perf_counter() - began:.1f} s; {holding(process)}", flush=True)
    with opened_browser(browser_path) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        try:
            look(page, address, process, began)
        except (Error, RuntimeError, OSError) as error:
            alive = Path(f"/proc/{process}").exists()
            print(f"failed, the server {'lives' if alive else 'is gone'}: {str(error).splitlines()[0]}")
            return False
    return True


def run_container(options: argparse.Namespace, browser_path: str) -> bool:
    """Build and run the container, visit it, and return whether all went well."""
    options.work.mkdir(parents=True, exist_ok=True)
    if not options.built:
        build(options.work, options)
    began = time.perf_counter()
    with running_container(options.work, options.memory, options.user) as (address, process):
        print(f"{confinement(process)}; memory limited to {options.memory / 1e6:.0f} MB (0: not at all)")
        if not options.tests:
            return visit(address, process, began, browser_path)
        command = [sys.executable, "-m", "pytest", "-q", "-m", "browser", *options.tests]
        ran = subprocess.run(command, cwd=ROOT, env=os.environ | {"MELANOMA_PAGE": address}, check=False)
        print(holding(process))
        return ran.returncode == 0


def run_environment(options: argparse.Namespace, browser_path: str) -> bool:
    """Make the environment, visit the page in it, and return whether all went well."""
    with tempfile.TemporaryDirectory() as folder:
        interpreter = fresh_environment(
            Path(folder, "environment"), options.python, ROOT / options.requirements, options.uv
        )
        began = time.perf_counter()
        with running_server(interpreter=str(interpreter)) as (address, server):
            return visit(address, server.pid, began, browser_path)


def main() -> None:
    """Do what is asked, and exit with status 1 if the page failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    container = commands.add_parser("container")
    container.add_argument("--work", type=Path, default=Path(tempfile.gettempdir(), "melanoma-hosting"))
    start = container.add_mutually_exclusive_group()
    start.add_argument("--base", type=Path, help="a tar of a root with Python, in place of mmdebstrap's")
    start.add_argument("--image", help="an image of a registry, such as the Dockerfile's own")
    start.add_argument("--built", action="store_true", help="build nothing, run what was built last")
    container.add_argument("--volume", action="append", default=[], help="for the build, as podman's")
    container.add_argument("--env", action="append", default=[], help="for the build")
    container.add_argument("--memory", type=int, default=GUARANTEED, help="bytes; 0 is no limit")
    container.add_argument("--user", help="such as 1000:1000; by default the Dockerfile's")
    container.add_argument("--tests", nargs="+", default=[], help="browser tests to run, in place of a visit")
    environment = commands.add_parser("environment")
    environment.add_argument("--python", default=sys.executable)
    environment.add_argument("--requirements", default="requirements.txt")
    environment.add_argument("--uv", help="the command that installs, in place of pip")
    options = parser.parse_args()
    executable = find_browser()
    if executable is None:
        parser.exit(2, "No Chromium or Chrome was found; make chromium installs one.\n")
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start", flush=True)
    run = run_container if options.command == "container" else run_environment
    sys.exit(0 if run(options, executable) else 1)


if __name__ == "__main__":
    main()
