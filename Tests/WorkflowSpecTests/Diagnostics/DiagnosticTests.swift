import Testing
import WorkflowCore

@testable import WorkflowSpec

@Suite("Diagnostics")
struct DiagnosticTests {
  @Test("The form for programs has a stable code and the path")
  func json() {
    let file = WorkflowReader().read(workflow("onExit: mian"), name: "w.yaml")
    #expect(
      file.jsonReport.jsonText(indent: 2) == """
        [
          {
            "file": "w.yaml",
            "line": 4,
            "column": 34,
            "severity": "error",
            "code": "unknown-name",
            "message": "'onExit' names 'mian', which is not a template",
            "hint": "did you mean 'main'?",
            "path": "spec.onExit"
          }
        ]
        """)
  }

  @Test("Diagnostics stand in the order of the text, and a mistake behind an alias is shown once")
  func order() {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: a}
      spec:
        entrypoint: mian
        templates:
          - name: a
            container: &c {image: busybox, comand: [x]}
          - name: b
            container: *c
        paralelism: 2
      """
    let found = diagnostics(of: text.utf8)
    #expect(found.map(\.position.line) == [5, 8, 11])
  }

  @Test("What was never text has a path instead of a position")
  func withoutText() {
    let manifest: Value = .record([
      "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": .record(["name": "a"]),
      "spec": .record(["entrypoint": "main", "labels": .record(["a/b": 1])]),
    ])
    let file = WorkflowReader().read(manifest, name: "run a")
    #expect(file.diagnostics.map(\.path) == ["spec", "spec.entrypoint"])
    #expect(file.report.contains("run a: error: 'entrypoint' names 'main', which is not a template\n"))
  }

  @Test("Tabs before the place stay tabs in the line of the caret")
  func tabs() {
    let source = SourceText(name: "w", text: "\tä: x")
    let diagnostic = Diagnostic(.syntax, at: Position(line: 1, column: 5), "m")
    #expect(diagnostic.text(in: source) == "w:1:5: error: m\n\tä: x\n\t   ^\n")
  }

  @Test(
    "A suggestion is a name that differs in a third of its letters at most",
    arguments: [
      ("trian", "train"), ("Train", "train"), ("retryStategy", "retryStrategy"), ("x", nil), ("evaluate", nil),
      ("prepar", "prepare"), ("", nil),
    ] as [(String, String?)])
  func suggestions(word: String, expected: String?) {
    #expect(nearestName(to: word, among: ["a", "train", "prepare", "retryStrategy"]) == expected)
  }

  @Test("Swapped neighbours are one edit")
  func distances() {
    #expect(editDistance(Array("trian".utf8), Array("train".utf8)) == 1)
    #expect(editDistance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    #expect(editDistance([], Array("abc".utf8)) == 3)
  }

  @Test("Lines and columns count characters, whatever the end of line")
  func positions() {
    let source = SourceText(name: "w", text: "aé\r\nb\rc\nd")
    #expect(
      [0, 1, 3, 5, 7, 9].map { source.position(ofByte: $0) }.map { [$0.line, $0.column] } == [
        [1, 1], [1, 2], [1, 3], [2, 1], [3, 1], [4, 1],
      ])
    #expect((1...4).map { source.line($0) } == ["aé", "b", "c", "d"])
    #expect(source.line(5) == nil)
  }

  @Test("More than 1,000 mistakes are counted, not shown")
  func capacity() {
    let text = workflow("nodeSelector: {" + (0..<1500).map { "k\($0): [\($0)]" }.joined(separator: ", ") + "}")
    let found = diagnostics(of: text.utf8)
    #expect(found.count == 1001)
    #expect(found.last?.message == "the first 1000 mistakes are shown; there are more")
    #expect(found.last?.severity == .error)
  }

  @Test("An error behind 1,000 warnings is not lost")
  func errorBehindWarnings() {
    let parameters = (0..<1200).map { "{name: p\($0), value: 010}" }.joined(separator: ", ")
    let text = workflow("arguments: {parameters: [\(parameters)]}, onExit: nowhere")
    let file = WorkflowReader().read(text, name: "w.yaml")
    #expect(file.hasErrors)
    #expect(file.workflows.isEmpty)
  }
}
