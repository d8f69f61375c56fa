import Testing
import WorkflowCore
import WorkflowSpec

@Suite("Encodings and characters")
struct EncodingTests {
  private func only(_ bytes: [UInt8]) throws -> Diagnostic {
    let found = diagnostics(of: bytes)
    #expect(found.count == 1)
    return try #require(found.first)
  }

  @Test("Bytes that are not UTF-8 are named with line and column")
  func badUTF8() throws {
    let diagnostic = try only(Array("kind: Workflow\nname: é".utf8) + [0xC3, 0x28])
    #expect(diagnostic.message == "byte C3 is not UTF-8 text")
    #expect(diagnostic.position == Position(line: 2, column: 8))
  }

  @Test("A character cut off by the end of the file is named")
  func truncatedUTF8() throws {
    let diagnostic = try only(Array("a: ".utf8) + [0xE2, 0x82])
    #expect(diagnostic.message == "byte E2 is not UTF-8 text")
    #expect(diagnostic.position == Position(line: 1, column: 4))
  }

  @Test("UTF-16 is named as such", arguments: [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]])
  func utf16(bytes: [UInt8]) throws {
    #expect(try only(bytes).message == "the file is UTF-16")
  }

  @Test("A UTF-8 byte order mark is no part of the text")
  func byteOrderMark() {
    #expect(diagnostics(of: [0xEF, 0xBB, 0xBF] + Array(workflow().utf8)).isEmpty)
  }

  @Test(
    "Characters that YAML does not allow are named", arguments: [(0x00, "U+0000"), (0x07, "U+0007"), (0x7F, "U+007F")])
  func controlCharacters(byte: UInt8, name: String) throws {
    let diagnostic = try only(Array("a: b\nc: \"d".utf8) + [byte] + Array("\"\n".utf8))
    #expect(diagnostic.message == "the character \(name) is not allowed in YAML")
    #expect(diagnostic.position == Position(line: 2, column: 6))
  }

  @Test("Lines may end in CRLF, and positions count them once")
  func carriageReturns() {
    let text = workflow("onExit: mian").replacing("\n", with: "\r\n")
    let file = WorkflowReader().read(text, name: "w.yaml")
    #expect(
      file.report == """
        w.yaml:4:34: error: 'onExit' names 'mian', which is not a template
        spec: {entrypoint: main, onExit: mian, templates: [{name: main, container: {image: busybox}}]}
                                         ^
        hint: did you mean 'main'?

        """)
  }

  @Test("A long line is cut around the place in question")
  func longLine() {
    let padding = String(repeating: "x", count: 300)
    let text = "a: \"\(padding)\" \(padding)\n"
    let report = WorkflowReader().read(text, name: "w.yaml").report.split(separator: "\n")
    #expect(report[1].count == 126)
    #expect(report[1].hasPrefix("...xxx") && report[1].hasSuffix("xxx..."))
    #expect(report[2] == String(repeating: " ", count: 63) + "^")
  }

  @Test("An empty file says so", arguments: ["", "\n\n", "# nothing\n", "---\n---\n", "null\n"])
  func empty(text: String) {
    #expect(diagnostics(of: text.utf8).map(\.message) == ["w.yaml holds no object"])
  }
}
