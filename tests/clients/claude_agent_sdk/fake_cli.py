"""A program that speaks the protocol of Claude Code's command line: JSON lines in, JSON lines out, by a script."""

import json
import sys
import time

SESSION = "s-1"
USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 7,
    "output_tokens": 5,
    "service_tier": "standard",
}


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def assistant(*content: dict, beneath: str | None = None) -> None:
    message = {"id": "m", "type": "message", "role": "assistant", "model": "claude-9", "content": list(content)}
    say(type="assistant", message={**message, "usage": USAGE}, parent_tool_use_id=beneath, session_id=SESSION)


def user(*content: dict, beneath: str | None = None) -> None:
    message = {"role": "user", "content": list(content)}
    say(type="user", message=message, parent_tool_use_id=beneath, session_id=SESSION)


def result(*, is_error: bool = False, text: str = "done") -> None:
    say(
        type="result", subtype="error_during_execution" if is_error else "success", is_error=is_error, num_turns=2,
        duration_ms=9, duration_api_ms=8, session_id=SESSION, total_cost_usd=0.25, usage=USAGE, result=text,
        uuid="u", stop_reason="end_turn",
    )  # fmt: skip


def uses(id_: str, name: str, **given: object) -> dict:
    return {"type": "tool_use", "id": id_, "name": name, "input": given}


def gives(id_: str, content: str, *, is_error: bool = False) -> dict:
    return {"type": "tool_result", "tool_use_id": id_, "content": content, "is_error": is_error}


def turn(prompt: str) -> None:
    say(type="system", subtype="init", session_id=SESSION, model="claude-9", tools=["Bash"], cwd="/", uuid="u")
    if prompt == "crash":
        print("broken", file=sys.stderr)
        sys.exit(3)
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    if prompt == "fail":
        result(is_error=True, text="no credit")
        return
    if prompt == "delegate":
        assistant(uses("t1", "Task", subagent_type="finder", prompt="Find it"))
        assistant(uses("t2", "Grep", pattern="x"), beneath="t1")
        user(gives("t2", "found"), beneath="t1")
        user(gives("t1", "It is there."))
    else:
        assistant(thought, {"type": "text", "text": "Looking."}, uses("t1", "Bash", command="date"))
        if prompt == "slow":
            time.sleep(30)
        user(gives("t1", "no such command" if prompt == "wrong" else "Monday", is_error=prompt == "wrong"))
    assistant({"type": "text", "text": "It is Monday."})
    result()


def main() -> None:
    if "-v" in sys.argv:
        print("2.9.0 (Claude Code)")
        return
    if "--print" in sys.argv:
        turn(sys.argv[-1] if "--agents" not in sys.argv else "")
        return
    for line in sys.stdin:
        told = json.loads(line)
        if told["type"] == "control_request":
            answer = {"subtype": "success", "request_id": told["request_id"], "response": {"commands": []}}
            say(type="control_response", response=answer)
        elif told["type"] == "user":
            content = told["message"]["content"]
            turn(content if isinstance(content, str) else content[0]["text"])


if __name__ == "__main__":
    main()
