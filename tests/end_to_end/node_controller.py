"""A controller written for tests: frames to a node and back, every one held to schemas/node.schema.json."""

import json
import struct
import subprocess

import harness

NOW = "2026-11-22T10:00:00Z"


def schema():
    return json.loads((harness.SOURCE / "schemas" / "node.schema.json").read_text())


class Refused(Exception):
    pass


class Controller:
    """Frames to a node and back, by the words of the schema and nothing of edgecert's. A context manager."""

    def __init__(self, argv, schema):
        import jsonschema  # python3-jsonschema

        self.check = {
            name: jsonschema.Draft7Validator(
                {"$ref": f"#/definitions/{name}", "definitions": schema["definitions"]}).validate
            for name in ("hello", "request", "answer", "result")
        }
        self.node = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.last = 0
        self.asked = set()
        ours = {"format": "edgecert.node", "oldest": 1, "newest": 1, "program": "test", "kind": "", "activates": False, "clock": None}
        self.check["hello"](ours)
        self.send("h", ours)
        kind, theirs = self.receive()
        assert kind == "h"
        self.hello = json.loads(theirs)
        self.check["hello"](self.hello)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.node.stdin.close()
        assert self.node.wait(harness.TIMEOUT) == 0
        self.node.stdout.close()

    def send(self, kind, payload):
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.node.stdin.write(struct.pack(">I", len(data)) + kind.encode() + data)
        self.node.stdin.flush()

    def receive(self):
        header = self.node.stdout.read(5)
        assert len(header) == 5, "the node left"
        length, kind = struct.unpack(">Ic", header)
        return kind.decode(), self.node.stdout.read(length)

    def ask(self, what, with_, secrets=(), valid=True):
        """(result, secrets); Refused with the node's code."""
        self.last += 1
        request = {"id": self.last, "do": what, "with": with_}
        if valid:
            self.check["request"](request)
        for secret in secrets:
            self.send("s", secret)
        self.send("q", request)
        back = []
        while True:
            kind, payload = self.receive()
            if kind != "s":
                break
            back.append(payload)
        assert kind == "a", kind
        answer = json.loads(payload)
        self.check["answer"](answer)
        assert answer["id"] == self.last or (answer["id"] == 0 and not valid)
        if answer["error"]:
            raise Refused(answer["error"]["code"])
        self.check["result"]({what: answer["result"]})
        self.asked.add(what)
        return answer["result"], back
