"""Enforces what deny.toml says of licences, sources and crates in several versions: what cargo-deny does, if it is not installed.

Reads the packages that programs are made of, and those that make them, from `cargo tree` and `cargo metadata`; prints each breach and
ends with 1.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

# No files of Python beside the sources.
sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))
from third_party import built  # noqa: E402


def resolved(target):
    """The packages of a target by id."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    found = built(target)
    return {package["id"]: package for package in metadata["packages"] if (package["name"], package["version"]) in found}


def permitted(expression, allowed):
    """Whether the allowed licences satisfy an expression of SPDX."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    # An exception belongs to the licence before it.
    words = []
    for token in tokens:
        if words and (token == "WITH" or words[-1].endswith(" WITH")):
            words[-1] += " " + token
        else:
            words.append(token)
    names = {"(": "(", ")": ")", "AND": "and", "OR": "or"}
    terms = " ".join(names.get(word, str(word in allowed)) for word in words)
    return bool(words) and eval(terms, {"__builtins__": {}})  # only True, False, and, or, brackets


def named(package, entries):
    """The entry `NAME@VERSION` of a package, if there is one."""
    return next((entry for entry in entries if entry["crate"] == f"{package['name']}@{package['version']}"), None)


def main():
    with open("deny.toml", "rb") as file:
        policy = tomllib.load(file)
    packages = {}
    for target in policy["graph"]["targets"]:
        packages |= resolved(target)
    breaches = []

    allowed, clarified = set(policy["licenses"]["allow"]), policy["licenses"].get("clarify", [])
    for package in packages.values():
        clarification = named(package, clarified)
        expression = clarification["expression"] if clarification else package["license"]
        if not expression or not permitted(expression, allowed):
            breaches.append(f"{package['name']} {package['version']}: the licence {expression or 'is not told'}")

    registries = {f"registry+{registry}" for registry in policy["sources"]["allow-registry"]}
    for package in packages.values():
        # Only our own package has none.
        if package["source"] is not None and package["source"] not in registries:
            breaches.append(f"{package['name']} {package['version']}: the source {package['source']}")
        for dependency in package["dependencies"]:
            if dependency["req"] == "*" and package["source"] is None:
                breaches.append(f"{dependency['name']}: any version would do")

    versions, all_versions = defaultdict(list), defaultdict(list)
    skipped = policy["bans"].get("skip", [])
    for package in packages.values():
        all_versions[package["name"]].append(package["version"])
        if not named(package, skipped):
            versions[package["name"]].append(package["version"])
    single = [entry["crate"] for entry in skipped if len(all_versions[entry["crate"].split("@")[0]]) == 1]
    breaches += [f"deny.toml: there is no other version beside {crate}" for crate in single]
    breaches += [f"{name}: in the versions {', '.join(sorted(found))}" for name, found in versions.items() if len(found) > 1]
    for entry in skipped + clarified:
        if not any(entry["crate"] == f"{package['name']}@{package['version']}" for package in packages.values()):
            breaches.append(f"deny.toml: {entry['crate']} is not used any more")
    used = {word for package in packages.values() for word in re.findall(r"[\w.+-]+", package["license"] or "")}
    used |= {word for entry in clarified for word in re.findall(r"[\w.+-]+", entry["expression"])}
    breaches += [f"deny.toml: no crate has the licence {licence}" for licence in sorted(allowed - used)]

    for breach in sorted(breaches):
        print(breach)
    print(f"{len(packages)} crates, {len(breaches)} breaches of deny.toml", file=sys.stderr)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
