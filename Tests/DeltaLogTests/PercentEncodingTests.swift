import Testing

@testable import DeltaLog

@Suite struct PercentEncodingTests {
  @Test("a path keeps its separators and escapes the rest, byte by byte")
  func path() {
    #expect(
      PercentEncoding.encode(path: "date=2013-07-04/p 1%é:.parquet") == "date=2013-07-04/p%201%25%C3%A9%3A.parquet")
  }

  @Test("a directory made of a value is one name")
  func directory() {
    #expect(PercentEncoding.encode(directory: "a/b=c") == "a%2Fb%3Dc")
  }

  @Test("what was encoded decodes to the same", arguments: ["", "a b", "%41", "100%", "naïve/ü", "a+b&c?#"])
  func roundTrip(_ text: String) {
    #expect(PercentEncoding.decode(PercentEncoding.encode(path: text)) == text)
  }

  @Test("a percent sign that starts no escape stays")
  func stray() { #expect(PercentEncoding.decode("100%/%zz%4") == "100%/%zz%4") }
}
