#!/usr/bin/env python3
"""What the programs of a target are made of, from `cargo tree`, `cargo metadata` and Cargo.lock.

    packaging/third_party.py TARGET sbom       a bill of materials, CycloneDX 1.5 as JSON
    packaging/third_party.py TARGET licences   the texts of all licences, each once, with the crates that it is of

Equal sources give equal bytes: neither has a time or a number of its own.
"""

import json
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ("license", "licence", "copying", "notice", "unlicense", "copyright")


def built(target):
    """Names and versions of what programs of a target are made of, and what makes them, without what only tests need.

    `cargo metadata` has all that Cargo.lock has, also what only an optional feature of a crate would need that nobody asks for.
    """
    command = ["cargo", "tree", "--locked", "--target", target, "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout.splitlines()
    return {(name, version.removeprefix("v")) for name, version, *_ in (line.split() for line in lines)}


def resolved(target):
    """Our package, and all packages that are linked or that make what is linked, with whom they depend on."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)
    found = built(target)
    packages = {package["id"]: package for package in metadata["packages"] if (package["name"], package["version"]) in found}
    dependencies = {
        node["id"]: [
            other["pkg"]
            for other in node["deps"]
            if other["pkg"] in packages and any(kind["kind"] != "dev" for kind in other["dep_kinds"])
        ]
        for node in metadata["resolve"]["nodes"]
    }
    ours = metadata["resolve"]["root"]
    others = sorted((packages[id] for id in packages.keys() - {ours}), key=lambda package: (package["name"], package["version"]))
    return packages[ours], others, packages, dependencies


def address(package):
    """The package URL."""
    return f"pkg:cargo/{package['name']}@{package['version']}"


def expression(package):
    """The licence in the form of SPDX."""
    clarified = tomllib.loads((ROOT / "deny.toml").read_text())["licenses"].get("clarify", [])
    of_this = [entry for entry in clarified if entry["crate"] == f"{package['name']}@{package['version']}"]
    return of_this[0]["expression"] if of_this else " OR ".join(part.strip() for part in package["license"].split("/"))


def component(package, kind, checksums):
    """The entry of a package in the bill."""
    entry = {
        "type": kind,
        "bom-ref": address(package),
        "name": package["name"],
        "version": package["version"],
        "licenses": [{"expression": expression(package)}],
        "purl": address(package),
    }
    checksum = checksums.get((package["name"], package["version"]))
    if checksum:
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["repository"]:
        entry["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return entry


def sbom(target):
    ours, others, packages, dependencies = resolved(target)
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(ours, "application", checksums), "properties": [{"name": "target", "value": target}]},
        "components": [component(package, "library", checksums) for package in others],
        "dependencies": [
            {"ref": address(package), "dependsOn": sorted({address(packages[other]) for other in dependencies[package["id"]]})}
            for package in [ours, *others]
        ],
    }
    print(json.dumps(bill, indent=1, ensure_ascii=False))


def licences(target):
    ours, others, _, _ = resolved(target)
    crates, without = defaultdict(list), []
    for package in others:
        folder = Path(package["manifest_path"]).parent
        files = sorted(file for file in folder.iterdir() if file.is_file() and file.name.lower().startswith(TEXTS))
        name = f"{package['name']} {package['version']} ({expression(package)})"
        for file in files:
            crates[file.read_text(errors="replace").strip()].append(name)
        if not files:
            without.append(f"{name}, {', '.join(package['authors']) or 'its authors'}: {package['repository'] or 'no address'}")
    print(f"{ours['name']} {ours['version']} is made of these crates. Below the names stands the text that they carry.\n")
    for text, names in sorted(crates.items(), key=lambda entry: entry[1]):
        print("=" * 100, *sorted(set(names)), "-" * 100, text, "", sep="\n")
    print("=" * 100, "Without a text of their own:", *without, sep="\n")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in ("sbom", "licences"):
        sys.exit(__doc__)
    {"sbom": sbom, "licences": licences}[sys.argv[2]](sys.argv[1])
