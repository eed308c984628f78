"""What others wrote and we give out is what was built, of the versions that are pinned."""

import json
import re
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "app_service" / "static" / "vendor"


def test_every_vendored_file_has_the_sum_that_was_written_when_it_was_built() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {file.name: file for file in VENDOR.iterdir() if file.name != "SHA256SUMS"}
    assert {name: sha256(file.read_bytes()).hexdigest() for name, file in files.items()} == sums


def test_the_bundle_says_the_version_that_is_pinned_and_that_it_is_not_ours() -> None:
    pinned = json.loads((ROOT / "vendor" / "package.json").read_text())["dependencies"]
    first = (VENDOR / "adaptivecards.js").read_text(encoding="utf-8").splitlines()[0]
    assert f"adaptivecards {pinned['adaptivecards']} by Microsoft (MIT" in first
    assert "MIT License" in (VENDOR / "LICENSE").read_text(encoding="utf-8")


def test_the_lock_file_pins_every_package_by_its_sum_and_names_no_registry() -> None:
    lock = (ROOT / "vendor" / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: each for name, each in json.loads(lock)["packages"].items() if name}
    assert [name for name, each in packages.items() if "integrity" not in each] == []
    assert re.findall(r"https?://", lock) == []
