import Foundation
import Testing

@testable import RunFiles

@Suite("JSON")
struct JSONValueTests {
  private func parse(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Data(text.utf8))
  }

  @Test("canonical text sorts keys by bytes, has no spaces, and keeps the digits of numbers")
  func canonicalText() throws {
    let value = try parse(#" { "b" : [1.50, -0, 1e-7, true, null], "B": {}, "a_b": [], "ab": "x" } "#)
    #expect(value.canonicalText == #"{"B":{},"a_b":[],"ab":"x","b":[1.50,-0,1e-7,true,null]}"#)
  }

  @Test("strings survive escapes, surrogate pairs and control characters")
  func strings() throws {
    let value = try parse(#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0001""#)
    #expect(value.text == "a\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1f600}\u{1}")
    #expect(value.canonicalText == #""a\"\\/\b\f\n\r\té😀\u0001""#)
    #expect(try parse(value.canonicalText) == value)
  }

  @Test("file text is indented by two spaces and ends with one newline")
  func fileText() throws {
    let text = try parse(#"{"a":[1,{"b":[]}],"c":{}}"#).fileText
    #expect(text == "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}\n")
    #expect(try parse(text).fileText == text)
  }

  @Test("every prefix of a document is an error, whose offset lies within it")
  func prefixes() throws {
    let text = #"{"a":[1,true,"x\n"],"b":{"c":null}}"#
    for length in 0..<text.utf8.count {
      let prefix = Data(text.utf8.prefix(length))
      let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: prefix) }
      #expect(try #require(error).offset <= length)
    }
  }

  @Test(
    "what is not JSON is refused",
    arguments: [
      "", "{", "[1,]", #"{"a":1,}"#, #"{"a" 1}"#, "01", "1.", "1e", "-", "+1", "tru", "nul", "'a'",
      #""\x""#, #""\ud83d""#, #""\ud83dx""#, "\"a\nb\"", "1 2", "[1 2]", "{1:2}", "NaN", "[",
      #"{"a":1,"a":2}"#,
    ])
  func refusals(_ text: String) {
    #expect(throws: JSONSyntaxError.self) { try parse(text) }
  }

  @Test("bytes that are not UTF-8 are refused")
  func badUTF8() {
    #expect(throws: JSONSyntaxError.self) {
      try JSONValue(parsing: Data([0x22, 0xff, 0xfe, 0x22]))
    }
  }

  @Test("deep nesting is refused before the stack ends")
  func depth() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONSyntaxError.self) { try parse(deep) }
    let fine = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    _ = try parse(fine)
  }

  @Test("a key that is given twice is named with its place")
  func duplicateKey() throws {
    let error = #expect(throws: JSONSyntaxError.self) { try parse(#"{"a":1,"a":2}"#) }
    #expect(error == JSONSyntaxError(offset: 7, reason: "key `a` is given twice"))
  }
}
