"""Makes a program that shows a difference, from the shortest steps that Hypothesis found and the imports they need."""

import ast
import sys
import textwrap

__all__ = ["reproducer", "step_blocks"]


def step_blocks(said):
    """The programs in the output of Hypothesis, each from ``state = ...`` to ``state.teardown()``."""
    blocks, block = [], None
    for line in "\n".join(said).splitlines():
        if line.strip().startswith("state = "):
            block = []
        if block is not None and line.strip() != "state._step_was_taken()":
            block.append(line)
            if line.strip() == "state.teardown()":
                program = textwrap.dedent("\n".join(block))
                if program not in blocks:
                    blocks.append(program)
                block = None
    return blocks


def _imports(machine, steps):
    """Import statements for the names that the steps use but do not assign."""
    nodes = [node for node in ast.walk(ast.parse(steps)) if isinstance(node, ast.Name)]
    names = {node.id for node in nodes}
    assigned = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    family = machine.__module__[: -len("machine")]
    places = [machine.__module__] + sorted(name for name in sys.modules if name.startswith(family))
    imported = {}
    for name in sorted(names - assigned):
        for place in places:
            value = vars(sys.modules[place]).get(name)
            if value is not None:
                imported.setdefault(getattr(value, "__module__", None) or place, []).append(name)
                break
    return ["from %s import %s" % (place, ", ".join(found)) for place, found in sorted(imported.items())]


def reproducer(machine, steps):
    """Make the program and run it. Returns it, and the exception that it raised: None if the difference does not
    repeat."""
    try:
        program = "\n".join(_imports(machine, steps)) + "\n\n" + steps + "\n"
        code = compile(program, "<reproducer>", "exec")
    except SyntaxError as error:
        return steps + "\n", error
    try:
        exec(code, {"__name__": "__main__"})
    except Exception as error:
        return program, error
    return program, None
