# SPDX-License-Identifier: Apache-2.0
"""What a mutation may do to a line: each operator yields (first column, end column, what comes instead).

A line is given masked (source_text.py). Operators that would nearly always give code that does not compile, or that only
changes a declared width, keep off declarations.
"""
import re

from source_text import STRING, closing, term_begin, term_end

SWAPS = {
    "logic": {"&&": "||", "||": "&&", "&": "|", "|": "&", "^": "&"},
    "comparison": {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">"},
    "arithmetic": {"+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "<<": ">>", ">>": "<<",
                   "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "^=": "|=", "<<=": ">>=", ">>=": "<<="},
}
_BINARY = re.compile(r"(?<=[\w)\]}'] )(&&|\|\||==|!=|<<=|>>=|<=|>=|<<|>>|[+\-*/%|&^]=|[<>&|^+\-*/%])(?=\s|$)")
_DECLARES = re.compile(r"\s*(input|output|inout|logic|wire|reg|typedef|genvar|parameter|module|package|function|enum)\b")


def _code(line, language):
    """From which column on a line may change: behind a declaration's widths; -1: not at all."""
    if language == "cpp":
        return -1 if re.match(r"\s*(static_assert|namespace|using|template|WD_ASSERT|enum|class|struct)\b", line) else 0
    if re.search(r"\$(fatal|error)\b|: g_check|\bunused\b", line):
        return -1
    if _DECLARES.match(line):
        return -1
    if re.match(r"\s*localparam\b", line):
        at = line.find(" = ")
        return at + 3 if at >= 0 else -1
    return 0


class Line:
    """One line: its masked text, its language, and whether it lies in brackets that an earlier line opened."""

    def __init__(self, text, language, depth=0):
        self.text, self.language, self.depth = text, language, depth
        self.first = _code(text, language)

    def assigns(self, at):
        """SystemVerilog's `<=` at that column is a nonblocking assignment."""
        if self.language != "sv" or self.depth > 0:
            return False
        level, outside = 0, ""
        for c in self.text[:at]:
            level += c in "([{"
            outside += c if level == 0 else " "
            level -= c in ")]}"
        begin = max(outside.rfind(";"), outside.rfind("begin")) + 1
        return level == 0 and not re.search(r" (=|<=) ", outside[begin:])


_STREAM = re.compile(r"\b(out|os|in|stream)\b")


def _swap(line, kind):
    for match in _BINARY.finditer(line.text):
        operator = match.group()
        other = SWAPS[kind].get(operator)
        if other is None or (operator == "<=" and line.assigns(match.start())):
            continue
        if operator in ("<<", ">>") and (STRING in line.text or line.text.count(operator) > 1 or _STREAM.search(line.text)):
            continue
        yield match.start(), match.end(), other


def logic(line):
    yield from _swap(line, "logic")


def comparison(line):
    yield from _swap(line, "comparison")


def arithmetic(line):
    yield from _swap(line, "arithmetic")


_NUMBER = re.compile(r"(?<![\w.'$])\d+(?![\w.']|\s*'[bdh])")
_SIZED = re.compile(r"(?<![\w'])(\d+)'([bdh])([0-9a-fA-F]+)\b")
_FILL = re.compile(r"(?<![\w'])'([01])(?!\w)")


def constant(line):
    """One more, one less; bits the other way."""
    for match in _NUMBER.finditer(line.text):
        value = int(match.group())
        yield match.start(), match.end(), str(value + 1)
        if value > 0:
            yield match.start(), match.end(), str(value - 1)
    if line.language != "sv":
        return
    for match in _SIZED.finditer(line.text):
        bits, radix, base = int(match.group(1)), match.group(2), {"b": 2, "d": 10, "h": 16}[match.group(2)]
        value = int(match.group(3), base)
        for other in {(value + 1) % (1 << bits), (value - 1) % (1 << bits)} - {value}:
            digits = {"b": f"{other:0{bits}b}", "d": str(other), "h": f"{other:x}"}[radix]
            yield match.start(), match.end(), f"{bits}'{radix}{digits}"
    for match in _FILL.finditer(line.text):
        yield match.start(), match.end(), "'1" if match.group(1) == "0" else "'0"


_CPP_STATEMENT = re.compile(
    r"(?:^\s*|\) |else |; )((?!return\b|throw\b|using\b|break\b|continue\b|case\b|delete\b|goto\b|WD_ASSERT\b)"
    r"(?:\*?[\w.\[\]:>\-()]+ (?:=|[+\-*/|&^]=|<<=|>>=) [^;]*|(?:\+\+|--)[\w.\[\]>\-]+|[\w.:\[\]>\-]+\([^;]*\));)\s*$")


def delete(line):
    """A statement that a line holds whole: an assignment (SystemVerilog: nonblocking ones), a call."""
    if line.language == "sv":
        for match in re.finditer(r" <= ", line.text):
            if not line.assigns(match.start() + 1):
                continue
            head = re.match(r"\s*(?:always_ff @\([^)]*\) )?(?:end )?(?:else )?(?:if \()?", line.text)
            begin = head.end()
            if head.group().endswith("if ("):
                begin = closing(line.text, head.end() - 1) + 1
            label = re.match(r"[^?]*?(?<!:): (?=[{\w])", line.text[begin:match.start()])
            begin += label.end() if label else 0
            end = line.text.find(";", match.end())
            text = line.text[begin:]
            begin += len(text) - len(text.lstrip())
            if 0 <= begin < match.start() and end > 0 and not line.text[end + 1:].strip():
                yield begin, end + 1, ";"
        return
    match = _CPP_STATEMENT.search(line.text)
    if match and line.depth == 0 and match.group(1).count("(") == match.group(1).count(")"):
        yield match.start(1), match.end(1), ";"


_CONDITION = re.compile(r"(?<!#)\b(if|while) (\()")


def _conditions(line):
    for match in _CONDITION.finditer(line.text):
        end = closing(line.text, match.start(2))
        if end >= 0 and ": g_" not in line.text and ";" not in line.text[match.start(2):end]:
            yield match.group(1), match.start(2) + 1, end


def stuck(line):
    """A condition always true, or always false."""
    true, false = ("1'b1", "1'b0") if line.language == "sv" else ("true", "false")
    for word, begin, end in _conditions(line):
        if word == "if":
            yield begin, end, true
        yield begin, end, false


def branches(line):
    """The branches of a condition swapped."""
    for word, begin, end in _conditions(line):
        if word == "if":
            yield begin, end, f"!({line.text[begin:end]})"
    for match in re.finditer(r" \? ", line.text):
        middle = _else(line.text, match.end(), " : ")
        end = _else(line.text, middle + 3, ")]};,") if middle >= 0 else -1
        if end >= 0:
            yield match.end(), end, f"{line.text[middle + 3:end]} : {line.text[match.end():middle]}"


def _else(text, at, until):
    """Where a branch of ?: that begins at `at` ends, those inside it passed; -1: in another line."""
    depth, inner = 0, 0
    for i in range(at, len(text)):
        if depth == 0 and text.startswith(" : ", i):
            if inner == 0:
                return i
            inner -= 1
        if depth == 0 and until != " : " and text[i] in until:
            return i
        inner += depth == 0 and text.startswith(" ? ", i)
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth < 0:
            return -1
    return -1


_ENDERS = {"&&": [" && ", " || ", " ? ", " : ", " = ", "return ", " <= "], "||": [" || ", " ? ", " : ", " = ", "return ", " <= "],
           "|": [" | ", " && ", " || ", " ? ", " : ", " = ", "return ", " <= "], "&": [" & ", " | ", " && ", " || ", " ? ", " : ", " = ", "return ", " <= "],
           "+": [" + ", " - ", " < ", " > ", " <= ", " >= ", " == ", " != ", " << ", " >> ", " && ", " || ", " ? ", " : ", " = ", " += ", "return "]}


def drop_term(line):
    """One side of an and, an or, a sum."""
    for match in re.finditer(r"(?<=[\w)\]}'] )(&&|\|\||[|&+])(?=\s|$)", line.text):
        operator, (begin, end) = match.group(), match.span()
        enders = _ENDERS[operator]
        if STRING in line.text and operator == "+":
            continue  # texts joined
        right = term_end(line.text, end + 1, enders)
        if right > end:
            yield begin - 1, right, ""
        left = term_begin(line.text, begin - 1, enders)
        first = max(left, len(line.text) - len(line.text.lstrip())) if line.depth else left
        if 0 <= first < begin - 1 and not re.match(r"\s*(if|else|for|while|assign|return)\b", line.text[first:begin]):
            yield first, min(end + 1, len(line.text)), ""


def index(line):
    """The next element."""
    for match in re.finditer(r"(?<=[\w\])])\[(\w+)\]", line.text):
        if not match.group(1)[0].isdigit():
            yield match.start(1), match.end(1), f"{match.group(1)} + 1"


_SIDES = [("height", "width"), ("image_height", "image_width"), ("top", "left"), ("bottom", "right"), ("y", "x")]
_EQUAL = ("groups_y", "groups_x")  # in every architecture


def other_side(name):
    """The name of the other axis, or none: out_h for out_w, width for height."""
    if name in _EQUAL:
        return None
    for a, b in _SIDES:
        if name in (a, b):
            return b if name == a else a
    match = re.fullmatch(r"(\w+)_([hwyx])(_?)", name)
    return f"{match.group(1)}_{dict(h='w', w='h', y='x', x='y')[match.group(2)]}{match.group(3)}" if match else None


def sides(line):
    """Height for width, out_h for out_w: names of the other axis."""
    if line.language != "cpp" or re.match(r"\s*(const )?(auto|int|std::\w+|struct)\b[^=]*[;{]\s*$", line.text):
        return
    for match in re.finditer(r"\b[a-z]\w*\b", line.text):
        other = other_side(match.group())
        declares = re.match(r"(int|auto|double|float|bool|std::\S+)(&|\*)? $", line.text[max(0, match.start() - 12):match.start()].lstrip("(, "))
        if other and not declares and not line.text[:match.start()].endswith("int "):
            yield match.start(), match.end(), other


OPERATORS = (logic, comparison, arithmetic, constant, delete, stuck, branches, drop_term, index, sides)
