import Testing
import WorkflowCore

@testable import KubernetesExecution

@Suite("Questions to objects")
struct ObjectQueryTests {
  private let object: Value

  init() throws {
    object = try Value(
      json: """
        {"kind": "Job", "metadata": {"name": "j", "labels": {"a.b": "c"}},
         "status": {"phase": "Done", "succeeded": 3, "conditions": [
           {"type": "Ready", "status": "True"}, {"type": "Failed", "status": "False"}]},
         "items": [{"name": "x", "v": 1}, {"name": "y", "v": 2}]}
        """)
  }

  @Test(
    "a jq filter gives its results, each on a line",
    arguments: [
      (".status.phase", "Done"),
      (".items[].name", "x\ny"),
      ("[.items[] | .v] | add", "3"),
      (".items | map(select(.v > 1)) | .[0].name", "y"),
      (#""\(.kind) \(.status.succeeded)""#, "Job 3"),
      ("{kind, n: .items | length}", #"{"kind":"Job","n":2}"#),
      (#".missing // "none""#, "none"),
      (#"if .status.succeeded >= 3 then "all" else "some" end"#, "all"),
      (#".items | map(.name) | join(", ")"#, "x, y"),
      (#".status.conditions[] | select(.type == "Ready").status"#, "True"),
      (#".metadata.labels["a.b"]"#, "c"),
      (".items[-1:]", #"[{"name":"y","v":2}]"#),
      (".status | keys", #"["conditions","phase","succeeded"]"#),
      (".status | to_entries | map(.key) | sort | first", "conditions"),
      (#".items | sort_by(-.v) | .[0].name"#, "y"),
      ("[.. | .name? // empty]", #"["j","x","y"]"#),
      (#"(.status.phase == "Done") and (.items | any)"#, "true"),
      (".status.phase | test(\"^D\")", "true"),
    ])
  func jq(_ filter: String, _ result: String) throws {
    #expect(try JQFilter(filter).text(of: object) == result)
  }

  @Test(
    "a jq filter that means nothing says why",
    arguments: [
      (".a..", "something left"), ("foo(1)", "no function 'foo'"), (".status.phase[]", "holds no elements"),
      ("\"open", "not closed"), ("1 / 0", "division by zero"),
    ])
  func wrongJQ(_ filter: String, _ reason: String) {
    let error = #expect(throws: ObjectQueryError.self) { _ = try JQFilter(filter).text(of: object) }
    #expect(error?.message.contains(reason) ?? false, "\(error?.message ?? "")")
  }

  @Test("a jq filter that would go on for ever is stopped")
  func endless() {
    let doubled = (0..<24).reduce("[1, 1]") { text, _ in "(\(text) | . + .)" } + " | [.[], .[]] | map(.) | length"
    #expect(throws: ObjectQueryError.self) { _ = try JQFilter(doubled).text(of: .null) }
  }

  @Test(
    "a JSONPath template is printed as kubectl prints it",
    arguments: [
      ("{.status.phase}", "Done"), (".status.succeeded", "3"), ("{.items[*].name}", "x y"),
      (#"{range .items[*]}{.name}={.v}{"\n"}{end}"#, "x=1\ny=2\n"),
      (#"{.status.conditions[?(@.type=="Ready")].status}"#, "True"),
      (#"{.metadata.labels.a\.b}"#, "c"), ("{.items[-1].name}", "y"), ("{.items[0:1].v}", "1"),
      ("phase: {.status.phase}!", "phase: Done!"), ("{.nothing}", ""), ("{..name}", "j x y"),
    ])
  func path(_ template: String, _ text: String) throws {
    #expect(try ObjectTemplate(template).text(of: object) == text)
  }

  @Test("a JSONPath template that cannot be read says why", arguments: ["{.x", "{end}", "{range .items[*]}", "{[}"])
  func wrongPath(_ template: String) {
    #expect(throws: ObjectQueryError.self) { _ = try ObjectTemplate(template) }
  }

  @Test(
    "a condition holds when all of its requirements do",
    arguments: [
      ("status.succeeded > 0", true), ("status.succeeded > 2, status.phase in (Done, Ok)", true),
      ("status.succeeded < 2", false), ("status.phase == Done", true), ("status.phase = Other", false),
      ("status.phase != Other", true), ("status.phase notin (A,B)", true), ("!status.reason", true),
      ("status.reason", false), ("status.failed > 0", false), ("items.0.name = x", true), ("items.# = 2", true),
      (#"metadata.labels.a\.b = c"#, true),
    ])
  func condition(_ text: String, _ holds: Bool) throws {
    #expect(try ObjectCondition(text).holds(for: object) == holds)
  }

  @Test("a condition that cannot be read says which part", arguments: ["what is", "a > b", "a in x", ""])
  func wrongCondition(_ text: String) {
    #expect(throws: ObjectQueryError.self) { _ = try ObjectCondition(text) }
  }
}
