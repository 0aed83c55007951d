"""Reads what `cargo build --message-format=json` prints; writes a line `NAME PATH` per test program, `unit` for the unit tests of the library, and
`bin:NAME` for programs of the package. What the compiler said goes to standard error, and behind the file that is named, once.

    compiled.py FILE
"""

import json
import sys

said = {}
for line in sys.stdin:
    message = json.loads(line)
    if message.get("reason") == "compiler-message":
        said[message["message"]["rendered"]] = None
    elif message.get("reason") == "compiler-artifact" and message["executable"]:
        name = message["target"]["name"]
        if not message["profile"]["test"]:
            name = "bin:" + name
        elif "lib" in message["target"]["kind"]:
            name = "unit"
        print(name, message["executable"])
sys.stderr.writelines(said)
with open(sys.argv[1], "a", encoding="utf-8") as file:
    file.writelines(said)
