"""YAML with true line numbers, and the commands that CI systems, pipelines and deployments keep in it.

Events are counted before anything is built: nesting and aliases are what makes YAML readers hang or die.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from readykit.facts import Unparsable
from readykit.facts.ci import commands_of
from readykit.limits import MAX_YAML_ALIASES, MAX_YAML_BYTES, MAX_YAML_DEPTH, MAX_YAML_NODES
from readykit.model import Fact, Location

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def extract(text: str, path: str) -> list[Fact]:
    """`yaml` facts, one a scalar (name: dotted key with [i], scope: doc0, doc1, ...), and `command` facts.

    Raises:
        Unparsable: not YAML, or beyond the limits of size, nesting or aliases.
    """
    if len(text) > MAX_YAML_BYTES:
        raise Unparsable(f"more than {MAX_YAML_BYTES:,} characters of YAML")
    try:
        bounded(text)
        documents = list(yaml.compose_all(text, Loader=Loader))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Unparsable(f"not YAML: {reason(error)}") from None
    except RecursionError:
        raise Unparsable("YAML nested too deeply") from None
    found: list[Fact] = []
    for index, node in enumerate(documents):
        if node is not None:
            found.extend(scalars(node, path, f"doc{index}"))
        if len(found) > MAX_YAML_NODES:
            raise Unparsable(f"more than {MAX_YAML_NODES:,} values")
    found.extend(commands_of(found, text, path))
    return found


def bounded(text: str) -> None:
    """Count nesting and aliases.

    Raises:
        Unparsable: there are more than the limits allow.
    """
    depth = aliases = 0
    # one level of indentation or one bracket is the least that a level of nesting costs
    if "*" not in text and text.count("[") + text.count("{") < MAX_YAML_DEPTH and deepest(text) < MAX_YAML_DEPTH:
        return
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_YAML_DEPTH:
                raise Unparsable(f"YAML nested more than {MAX_YAML_DEPTH} deep")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            if aliases > MAX_YAML_ALIASES:
                raise Unparsable(f"more than {MAX_YAML_ALIASES} YAML aliases")


def deepest(text: str) -> int:
    """An upper bound of block nesting: the most indentation of a line, plus its dashes and question marks."""
    return max((len(line) - len(line.lstrip(" -?:")) for line in text.split("\n")), default=0)


def reason(error: Exception) -> str:
    """A YAML error in one line, without the text that caused it."""
    problem = getattr(error, "problem", None) or type(error).__name__
    mark = getattr(error, "problem_mark", None)
    return f"{problem} (line {mark.line + 1})" if mark is not None else str(problem)


def scalars(root: yaml.Node, path: str, scope: str) -> Iterator[Fact]:
    """Every scalar below a node; empty collections are given as `{}` and `[]`.

    Raises:
        Unparsable: aliases lead in circles, or there are too many nodes.
    """
    stack: list[tuple[str, yaml.Node, int, int]] = [("", root, 0, 0)]
    count = 0
    while stack:
        name, node, key_line, depth = stack.pop()
        count += 1
        if depth > MAX_YAML_DEPTH or count > MAX_YAML_NODES:
            raise Unparsable(f"YAML that is deeper than {MAX_YAML_DEPTH} or has more than {MAX_YAML_NODES:,} values")
        line = node.start_mark.line + 1
        at = Location(path, line)
        if isinstance(node, yaml.ScalarNode):
            detail = {"style": node.style} if node.style else {}
            if key_line and key_line != line:
                detail["key_line"] = str(key_line)
            yield Fact("yaml", name, at, node.value, scope, detail)
        elif not node.value:
            yield Fact("yaml", name, at, "{}" if isinstance(node, yaml.MappingNode) else "[]", scope)
        elif isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                label = key.value if isinstance(key, yaml.ScalarNode) else "?"
                stack.append((f"{name}.{label}" if name else label, value, key.start_mark.line + 1, depth + 1))
        else:
            items = range(len(node.value) - 1, -1, -1)
            stack.extend((f"{name}[{i}]", node.value[i], 0, depth + 1) for i in items)
