"""Reads what `cargo test --no-run --message-format=json` prints; writes a line `NAME PATH` per test program, `unit` for the unit tests of the
library, and `bin:NAME` for programs of the package.
"""

import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    if message.get("reason") == "compiler-artifact" and message["executable"]:
        name = message["target"]["name"]
        if not message["profile"]["test"]:
            name = "bin:" + name
        elif "lib" in message["target"]["kind"]:
            name = "unit"
        print(name, message["executable"])
