"""`--with-fix NAME|PATCH`: a candidate repair laid over the subject, never over the user's files.

    table.py      the named fixes             rewrite.py    laid over in the worker, on import
    repairs.py    what else one may repair    patch.py      laid over in the parent, on a private copy
    udiff.py      reading unified diffs

The worker imports `table`, `repairs` and `rewrite` from here, so this file needs nothing but the standard
library.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.errors import UsageError
from harness.hermes.fixes.table import FIXES
from harness.user_files import expanded, is_file

if TYPE_CHECKING:
    from harness.hermes.fixes.patch import Plan
    from harness.hermes.installation import Installation


@dataclass(frozen=True)
class Fix:
    """A fix that was checked against one installation.

    `name` is the table's, or the patch's file name. `sha256` tells what it does apart: a patch's bytes, a
    named fix's statements. `plan` is what a patch makes of the installation: the file is read once, so what
    runs is what was hashed, whatever becomes of the file meanwhile.
    """

    name: str
    kind: Literal["named", "patch"]
    sha256: str
    plan: Plan | None = field(default=None, compare=False, repr=False)

    @property
    def description(self) -> str:
        """For the first line of a report: `fix change.patch (sha256 0123456789ab)`."""
        return f"fix {self.name} (sha256 {self.sha256[:12]})"

    @property
    def left_out(self) -> str | None:
        """Which files of a patch are not hermes' code (tests, documentation), in one line; None for none."""
        ignored = self.plan.ignored if self.plan else ()
        return f"not hermes' code, so left out of {self.name}: {', '.join(ignored)}" if ignored else None


def choose(with_fix: str, installation: Installation) -> Fix:
    """The fix that `--with-fix` names, tried on the installation without writing anything.

    Raises UsageError for no such fix or a patch that does not apply, SubjectError for a named fix on an
    adapter that does not have the exits which it repairs.
    """
    if with_fix in FIXES:
        return _named(with_fix, installation)
    path = expanded(with_fix)
    if not is_file(path):
        raise UsageError(f"--with-fix {with_fix}: neither a file nor one of {', '.join(FIXES)}")
    from harness.hermes.fixes import patch

    text = patch.read(path)
    made = patch.plan(text, path.name, installation.root)
    if made.contents.get(installation.layout.file, b"") is None:
        raise UsageError(f"{path.name}: takes {installation.layout.file} away, which is the adapter")
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    return Fix(path.name, "patch", sha256, made)


def lay_over(fix: Fix, installation: Installation, into: Path) -> Installation:
    """The installation that a worker is to run: for a patch, a private copy under `into` with it applied.

    A named fix changes nothing here; the worker calls `rewrite.install(module, class_name, fix.name)`
    before it imports the adapter. The content hash stays the subject's own: the fix has one of its own.
    """
    if fix.plan is None:
        return installation
    from harness.hermes.fixes import patch

    patch.lay_over(fix.plan, installation.root, into)
    others = tuple(entry for entry in installation.path_entries if entry != installation.root)
    return dataclasses.replace(installation, path_entries=(into, *others))


def _named(name: str, installation: Installation) -> Fix:
    from harness.hermes.fixes.rewrite import rewrite

    layout = installation.layout
    source = installation.root / layout.file
    rewrite(source.read_bytes(), layout.file, layout.class_name, FIXES[name])
    return Fix(name, "named", FIXES[name].sha256)
