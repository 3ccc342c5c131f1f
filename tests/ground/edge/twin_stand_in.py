"""A twin that is none: it says what it is told to, and writes down its orders."""

import json
import sys
from pathlib import Path


def main() -> None:
    run_folder, chance = Path(sys.argv[1]), sys.argv[3]
    at_ns = 0
    for line in sys.stdin:
        order = json.loads(line)
        with (run_folder / "orders.jsonl").open("a") as kept:
            kept.write(json.dumps({**order, "chance": int(chance)}) + "\n")
        says = run_folder / "says.json"
        told = json.loads(says.read_text()) if says.exists() else {}
        if f"{order['do']} {chance}" in told:
            answer = told[f"{order['do']} {chance}"]
        elif order["do"] in told:
            answer = told[order["do"]]
        elif order["do"] == "follow":
            at_ns = max(at_ns, order["until_ns"])
            answer = {"at_ns": at_ns, "differs": ""}
        else:
            answer = {"ok": True, "result": {"items": order["items"], "vehicles": {}}}
        if answer is None:
            return
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
