"""What this service's API says of itself, held against the vendor's Python SDK, operation by operation.

    difference.py             prints the counts, and each difference that has no reason in `differences.toml`
    difference.py --all       prints the ones with a reason as well
    difference.py --write     writes the reasons into docs/differences.md

The SDK is the reference: its functions have the paths, the parameters and the types of bodies and answers, its models
the fields, their types and the words that a text may be. What an operation declares in `openapi.json` is compared
with them by script. A difference is one of these kinds:

- missing: the SDK has the parameter or field, the document doesn't;
- extra: the document alone has it;
- type: both have it, of other JSON types;
- format: a time, which the document doesn't say is one;
- words: a text may be other words here than there;
- words here, words there: one of the two alone says which words a text may be;
- opaque: the SDK has a model where the document has an object of any fields;
- default: the SDK for JavaScript says what counts where a parameter isn't given, and the document says nothing, or another.

An operation of the SDK that the document doesn't have is counted by its area alone.
"""

import collections
import dataclasses
import importlib
import inspect
import json
import pathlib
import re
import sys
import tomllib

import PureCloudPlatformClientV2 as sdk

ROOT = pathlib.Path(__file__).resolve().parents[2]
REASONS = pathlib.Path(__file__).with_name("differences.toml")
PAGE = ROOT / "docs/differences.md"
JAVASCRIPT = pathlib.Path(__file__).parent / "node_modules/purecloud-platform-client-v2/src"
# The SDK's classes whose operations are about what this service has.
AREAS = ["architect", "audit", "flows", "integrations", "o_auth", "tokens", "authorization", "organization"]
PLAIN = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "datetime": "string",
         "date": "string", "object": "object"}


@dataclasses.dataclass(frozen=True)
class Difference:
    """One difference: where (an operation's query, or a model in a body or an answer), of which name and kind."""

    operation: str
    part: str  # query, request or answer
    owner: str  # the operation's name, or the SDK model's
    name: str
    kind: str
    detail: str = ""

    def __str__(self):
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.operation} {self.part}: {self.owner}.{self.name} {self.kind}{detail}"


@dataclasses.dataclass
class Operation:
    """An operation as the SDK has it."""

    name: str
    area: str
    query: dict
    body: str | None
    answer: str | None


def camel(name):
    """The name of an operation of the SDK for Python as the SDK for JavaScript and this service have it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def sdk_operations():
    """All operations of the areas, by method and path."""
    found = {}
    for area in AREAS:
        module = importlib.import_module(f"PureCloudPlatformClientV2.apis.{area}_api")
        (kind,) = [it for name, it in vars(module).items() if name.endswith("Api") and inspect.isclass(it)]
        for name, function in vars(kind).items():
            if name.startswith("_") or not inspect.isfunction(function):
                continue
            source = inspect.getsource(function)
            path = re.search(r"resource_path = '([^']+)'", source)
            if not path:
                continue
            method = re.search(r"call_api\(resource_path, '(\w+)'", source).group(1)
            types = {own: kind for kind, own in re.findall(r":param ([^:\n]+?) (\w+):", source)}
            query = {wire: types.get(own, "str") for wire, own in
                     re.findall(r"query_params\['(\w+)'\] = params\['(\w+)'\]", source)}
            answer = re.search(r"response_type='([^']+)'", source)
            body = types.get("body") if "body_params = params['body']" in source else None
            found[method, path.group(1)] = Operation(
                camel(name), area, query, body, answer and answer.group(1))
    return found


def javascript_defaults():
    """What counts where a parameter isn't given, by operation and parameter."""
    defaults = {}
    for file in JAVASCRIPT.glob("purecloud-platform-client-v2/api/*.js"):
        for comment, name in re.findall(r"/\*\*(.*?)\*/\s*(\w+)\(", file.read_text(), re.S):
            for parameter, value in re.findall(r"@param \{[^}]*\} opts\.(\w+) .*\(default to (.*)\)", comment):
                defaults[name, parameter] = value
    return defaults


def model(name):
    """The fields of a model by their names on the wire, with type and words; None where there is no such model."""
    kind = getattr(sdk, name, None)
    if kind is None or not inspect.isclass(kind):
        return None
    one, fields = kind(), {}
    for own, wire in one.attribute_map.items():
        setter = inspect.getsource(getattr(kind, own).fset)
        words = re.search(r"allowed_values = (\[.*?\])", setter, re.S)
        fields[wire] = (one.swagger_types[own], set(json.loads(words.group(1))) if words else None)
    return fields


def listed(kind):
    """The type of a list's items, or of a map's values: `list[X]`, `dict(str, X)`."""
    found = re.fullmatch(r"list\[(.*)\]", kind) or re.fullmatch(r"dict\(str, (.*)\)", kind)
    return found and found.group(1)


class Comparison:
    """Every difference, and how much was compared."""

    def __init__(self, document):
        self.document = document
        self.differences = []
        self.compared = collections.Counter()
        self.without_any = 0
        self.operations = []
        self.missing_operations = collections.Counter()
        self.all_operations = collections.Counter()

    def run(self):
        theirs, defaults = sdk_operations(), javascript_defaults()
        ours = {(method.upper(), path): operation for path, item in self.document["paths"].items()
                for method, operation in item.items()}
        for key, operation in theirs.items():
            self.all_operations[operation.area] += 1
            if key not in ours:
                self.missing_operations[operation.area] += 1
        for key, own in ours.items():
            if key not in theirs:
                continue
            before = len(self.differences)
            self.operation(theirs[key], own, defaults)
            self.operations.append(theirs[key].name)
            self.without_any += len(self.differences) == before
        return self

    def operation(self, theirs, own, defaults):
        name = theirs.name
        if own.get("operationId") != name:
            self.differ(name, "name", name, own.get("operationId"), "name")
        given = {it["name"]: it for it in own.get("parameters", []) if it["in"] == "query"}
        for parameter, kind in theirs.query.items():
            self.compared["query"] += 1
            if parameter not in given:
                self.differ(name, "query", name, parameter, "missing")
                continue
            schema = self.resolved(given[parameter].get("schema", {}))
            self.kinds(name, "query", name, parameter, kind, schema)
            default = defaults.get((name, parameter))
            if default not in (None, "null") and str(schema.get("default")).lower() != default.strip('"[]').lower():
                self.differ(name, "query", name, parameter, "default", f"{default}, not {schema.get('default')}")
        for parameter in given.keys() - theirs.query.keys():
            self.differ(name, "query", name, parameter, "extra")
        body = own.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if theirs.body and body is not None:
            self.value(name, "request", theirs.body, body, ())
        elif theirs.body:
            self.differ(name, "request", name, "body", "missing")
        answers = [answer for status, answer in own["responses"].items() if status.startswith("2")]
        schemas = [it["content"]["application/json"]["schema"] for it in answers
                   if "application/json" in it.get("content", {})]
        if theirs.answer and schemas:
            self.value(name, "answer", theirs.answer, schemas[0], ())
        elif theirs.answer and theirs.answer not in ("object", "str"):
            self.differ(name, "answer", name, "body", "missing")

    def differ(self, *what):
        self.differences.append(Difference(*what))

    def resolved(self, schema):
        """A schema without references, its parts put together."""
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        if "allOf" in schema:
            whole = {key: value for key, value in schema.items() if key != "allOf"}
            for part in map(self.resolved, schema["allOf"]):
                properties = {**whole.get("properties", {}), **part.get("properties", {})}
                whole = {**part, **whole}
                if properties:
                    whole["properties"] = properties
            schema = whole
        return schema

    def kinds(self, operation, part, owner, name, kind, schema):
        """Compares a plain type."""
        wanted = "array" if kind.startswith("list[") else "object" if kind.startswith("dict(") else PLAIN.get(kind)
        found = schema.get("type")
        if wanted and found and wanted != found and not (wanted == "number" and found == "integer"):
            self.differ(operation, part, owner, name, "type", f"{wanted}, not {found}")
        if kind == "datetime" and schema.get("format") != "date-time":
            self.differ(operation, part, owner, name, "format")

    def value(self, operation, part, kind, schema, above, owner="", name="body", words=None):
        schema = self.resolved(schema)
        self.kinds(operation, part, owner or operation, name, kind, schema)
        inner = listed(kind)
        if inner:
            items = schema.get("items") if kind.startswith("list[") else schema.get("additionalProperties")
            if isinstance(items, dict):
                self.value(operation, part, inner, items, above, owner, name, words)
            elif model(inner):
                self.differ(operation, part, owner or operation, name, "opaque")
            return
        ours = schema.get("enum")
        if words or ours and kind == "str":
            one, other = {it.lower() for it in words or ()}, {it.lower() for it in ours or ()}
            if not words:
                self.differ(operation, part, owner, name, "words here", ", ".join(ours))
            elif not ours:
                self.differ(operation, part, owner, name, "words there", ", ".join(sorted(words)))
            elif one != other:
                detail = "; ".join(filter(None, [
                    "there alone " + ", ".join(sorted(one - other)) if one - other else "",
                    "here alone " + ", ".join(sorted(other - one)) if other - one else ""]))
                self.differ(operation, part, owner, name, "words", detail)
        fields = model(kind)
        if fields is None or kind in above:
            return
        properties = schema.get("properties")
        if properties is None:
            self.differ(operation, part, owner or operation, name, "opaque")
            return
        for field, (its_kind, its_words) in fields.items():
            self.compared[part] += 1
            if field not in properties:
                self.differ(operation, part, kind, field, "missing")
            else:
                self.value(operation, part, its_kind, properties[field], (*above, kind), kind, field, its_words)
        for field in properties.keys() - fields.keys():
            self.differ(operation, part, kind, field, "extra")


def owners(entry):
    """The operations and models that an entry of the reasoned list is about."""
    return entry["of"] if isinstance(entry["of"], list) else [entry["of"]]


class Reasons:
    """The reasoned list: an entry says for which operations or models, names and kinds it holds."""

    def __init__(self, text):
        self.entries = tomllib.loads(text).get("difference", [])
        self.used = collections.Counter()

    def of(self, difference):
        """The entry that gives the reason of a difference, or None."""
        for at, entry in enumerate(self.entries):
            if not {"*", difference.owner, difference.operation} & set(owners(entry)):
                continue
            if difference.name not in entry["names"] and entry["names"] != ["*"]:
                continue
            if difference.kind not in entry["kinds"] or entry.get("part", difference.part) != difference.part:
                continue
            self.used[at] += 1
            return entry
        return None

    def unused(self):
        return [entry for at, entry in enumerate(self.entries) if not self.used[at]]


def compare():
    document = json.loads((ROOT / "openapi.json").read_text())
    comparison = Comparison(document).run()
    reasons = Reasons(REASONS.read_text())
    reasoned, bare = [], []
    for difference in comparison.differences:
        entry = reasons.of(difference)
        (reasoned if entry else bare).append(difference)
    return comparison, reasons, reasoned, bare


def table(comparison, bare):
    """The counts, as lines."""
    lines = [f"operations compared {len(comparison.operations)}, without any difference {comparison.without_any}"]
    for part in ("query", "request", "answer"):
        kinds = collections.Counter(it.kind for it in comparison.differences if it.part == part)
        left = collections.Counter(it.kind for it in bare if it.part == part)
        words = [f"{kind} {count} ({left[kind]} without a reason)" for kind, count in sorted(kinds.items())]
        lines.append(f"{part}: {comparison.compared[part]} compared; " + (", ".join(words) or "none differs"))
    missing = [f"{area} {comparison.missing_operations[area]} of {count}"
               for area, count in comparison.all_operations.items()]
    lines.append("operations that are not here: " + ", ".join(missing))
    return lines


def page(reasons):
    """The reasons, as a page for users."""
    lines = [
        "# Where the API differs from the SDK's",
        "",
        "Made by `tests/sdk/difference.py --write` of `tests/sdk/differences.toml`; a test compares the API's document with",
        "the vendor's Python SDK, so that nothing differs that isn't here. *Missing* is what the SDK has and this service",
        "doesn't, *extra* what this service alone has. The others are in both: as other JSON (*type*), as a time that isn't",
        "said to be one (*format*), as a text that may be other words (*words*), or of which this service alone says the",
        "words (*words here*), as an object whose fields aren't listed here (*opaque*).",
        "",
        "| where | what | how | why |",
        "|---|---|---|---|",
    ]
    for entry in reasons.entries:
        of = owners(entry)
        where = "everywhere" if of == ["*"] else ", ".join(f"`{owner}`" for owner in of)
        names = "all" if entry["names"] == ["*"] else ", ".join(f"`{name}`" for name in entry["names"])
        lines.append(f"| {where} | {names} | {', '.join(entry['kinds'])} | {entry['why']} |")
    return "\n".join(lines) + "\n"


def main():
    comparison, reasons, reasoned, bare = compare()
    if "--write" in sys.argv:
        PAGE.write_text(page(reasons))
    shown = [*reasoned, *bare] if "--all" in sys.argv else bare
    once = collections.Counter((it.part, it.owner, it.name, it.kind, it.detail) for it in shown)
    for (part, owner, name, kind, detail), count in sorted(once.items()):
        times = f", {count} times" if count > 1 else ""
        print(f"{part:8} {owner}.{name}: {kind}{f' ({detail})' if detail else ''}{times}")
    print("\n".join(table(comparison, bare)))


if __name__ == "__main__":
    main()
