import Testing
import WorkflowCore

@testable import WorkflowSpec

@Suite("Documents as trees")
struct TreeTests {
  private func read(_ text: String) throws -> Value {
    let documents = Documents(SourceText(name: "w.yaml", text: text), limits: ReadingLimits())
    #expect(documents.diagnostics.isEmpty)
    return try #require(documents.roots.first).value
  }

  @Test("Keys keep their order, and keys that are numbers or booleans become text")
  func keys() throws {
    #expect(try read("b: 1\na: 2\n1: x\nyes: y\n").jsonText() == #"{"b":1,"a":2,"1":"x","true":true}"#)
  }

  @Test("A merge key takes what its object does not have, from the first that has it")
  func mergeKeys() throws {
    let text = """
      base: &base {image: busybox, tty: true}
      other: &other {tty: false, name: other}
      merged: {<<: [*base, *other], image: alpine}
      quoted: {"<<": text}
      """
    let value = try read(text)
    #expect(value["merged"]?.jsonText() == #"{"image":"alpine","tty":true,"name":"other"}"#)
    #expect(value["quoted"]?.jsonText() == #"{"<<":"text"}"#)
  }

  @Test("Block scalars, quotes and tags of JSON's own types are read")
  func scalars() throws {
    let text = """
      literal: |
        a
        b
      folded: >-
        a
        b
      quoted: 'it''s'
      escaped: "\\u00e9\\n"
      forced: !!str 10
      """
    #expect(
      try read(text).jsonText()
        == #"{"literal":"a\nb\n","folded":"a b","quoted":"it's","escaped":"é\n","forced":"10"}"#)
  }

  @Test("JSON keeps what YAML would fold or refuse: line separators, DEL, long keys, surrogate pairs")
  func json() throws {
    let key = String(repeating: "k", count: 2000)
    let text = "{\"\(key)\": \"\u{2028}\u{7F}\", \"pair\": \"\\ud83d\\ude00\", \"tab\":\t[1, -0.5, true, null]}"
    let value = try read(text)
    #expect(value[key] == "\u{2028}\u{7F}")
    #expect(value["pair"] == "😀")
    #expect(value["tab"] == .array([1, .double(-0.5), true, .null]))
  }

  @Test("An object in braces that is not JSON is read as YAML")
  func flowMapping() throws {
    #expect(try read("{kind: Workflow, 'a': [b, c,]}").jsonText() == #"{"kind":"Workflow","a":["b","c"]}"#)
  }

  @Test("A stored object is the same after it is read again")
  func roundTrip() throws {
    let value = try read("a: [1, 2.5, x, null, true]\nb: {c: '1', d: {}, e: []}\n")
    #expect(try read(value.jsonText(indent: 2)) == value)
    #expect(SpecNode(value).value == value)
  }

  @Test("Anchors of one document are unknown in the next")
  func anchorsEnd() {
    let source = SourceText(name: "w.yaml", text: "a: &x 1\n---\nb: *x\n")
    let documents = Documents(source, limits: ReadingLimits())
    #expect(documents.roots.count == 1)
    #expect(documents.diagnostics.map(\.message) == ["the alias '*x' has no anchor before it"])
  }
}
