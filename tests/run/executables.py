"""Reads what `cargo test --no-run --message-format=json` prints; writes a line `NAME PATH` per test program, `unit` for the library."""

import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    if message.get("reason") == "compiler-artifact" and message["profile"]["test"] and message["executable"]:
        name = "unit" if "lib" in message["target"]["kind"] else message["target"]["name"]
        print(name, message["executable"])
