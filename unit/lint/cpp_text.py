# C++ text as the lints need it: comments and the contents of literals blanked out, lines kept.
import re

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<number>\b\d[\w.]*(?:'[\w.]+)*)
      | (?P<char>'(?:[^'\\\n]|\\.)+')""",
    re.S | re.X)


def code_only(text):
    """The text with every comment and literal replaced by blanks; numbers stay, and so does every line break."""
    def blank(match):
        if match.lastgroup == "number" or match.group("number"):
            return match.group(0)
        return re.sub(r"[^\n]", " ", match.group(0))
    return TOKEN.sub(blank, text)
