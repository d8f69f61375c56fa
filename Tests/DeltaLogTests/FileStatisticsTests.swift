import Foundation
import RunFiles
import Testing

@testable import DeltaLog

@Suite struct FileStatisticsTests {
  private typealias Bound = FileStatistics.Bound

  private static func json(_ lower: FileStatistics.Bound, _ upper: FileStatistics.Bound) -> String {
    let column = FileStatistics.Column(nullCount: 2, bounds: .init(lower, upper))
    return FileStatistics(numRecords: 9, columns: ["c": column]).json
  }

  private static func expected(_ lower: String, _ upper: String) -> String {
    #"{"maxValues":{"c":\#(upper)},"minValues":{"c":\#(lower)},"nullCount":{"c":2},"numRecords":9}"#
  }

  @Test("numbers keep their shortest digits, dates and times are text")
  func values() {
    #expect(Self.json(.float(0.1), .float(1e-7)) == Self.expected("0.1", "1e-07"))
    #expect(Self.json(.double(-0.0), .double(1.0 / 3)) == Self.expected("-0.0", "0.3333333333333333"))
    #expect(Self.json(.integer(.min), .integer(.max)) == Self.expected("-9223372036854775808", "9223372036854775807"))
    #expect(Self.json(.date(-1), .date(15_890)) == Self.expected(#""1969-12-31""#, #""2013-07-04""#))
  }

  @Test("times are cut to milliseconds outwards")
  func timestamps() {
    #expect(
      Self.json(.timestamp(-1), .timestamp(1_372_896_000_000_001))
        == Self.expected(#""1969-12-31T23:59:59.999Z""#, #""2013-07-04T00:00:00.001Z""#))
  }

  @Test("infinite bounds are left out")
  func infinities() {
    #expect(
      Self.json(.float(-.infinity), .float(2))
        == #"{"maxValues":{"c":2.0},"minValues":{},"nullCount":{"c":2},"numRecords":9}"#)
  }

  @Test("a column without bounds counts its nulls")
  func noBounds() {
    let statistics = FileStatistics(numRecords: 1, columns: ["c": FileStatistics.Column(nullCount: 1)])
    #expect(statistics.json == #"{"maxValues":{},"minValues":{},"nullCount":{"c":1},"numRecords":1}"#)
  }

  @Test("long strings are cut to 32 characters: the least value down, the greatest up")
  func truncation() {
    let long = String(repeating: "a", count: 40)
    let short = String(repeating: "a", count: 32)
    #expect(Bound.string(long).lowerBound == .string(short))
    #expect(Bound.string(long).upperBound == .string(String(repeating: "a", count: 31) + "b"))
    #expect(Bound.string(short).upperBound == .string(short))
  }

  @Test("a greatest value that cannot be raised at the cut is raised before it, or left out")
  func carry() {
    let last = "\u{10FFFF}"
    let tail = String(repeating: last, count: 39)
    #expect(Bound.string("a" + tail).upperBound == .string("b"))
    #expect(Bound.string(last + tail).upperBound == nil)
    let surrogates = String(repeating: "x", count: 31) + "\u{D7FF}" + "y"
    #expect(Bound.string(surrogates).upperBound == .string(String(repeating: "x", count: 31) + "\u{E000}"))
  }

  @Test("bounds of strings enclose them in the order of their UTF-8 bytes")
  func enclosure() {
    var generator = SplitMix(state: 7)
    for _ in 0..<300 {
      let scalars = (0..<Int.random(in: 28...40, using: &generator)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &generator))
      }
      let text = String(String.UnicodeScalarView(scalars))
      let lower = Bound.string(text).lowerBound?.text ?? "?"
      #expect(!text.utf8.lexicographicallyPrecedes(lower.utf8))
      if let upper = Bound.string(text).upperBound?.text {
        #expect(!upper.utf8.lexicographicallyPrecedes(text.utf8))
      }
    }
  }

  @Test("the calendar agrees with Foundation's over 900 years, and reads its own dates")
  func calendar() {
    let formatter = DateFormatter()
    formatter.calendar = Calendar(identifier: .iso8601)
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "yyyy-MM-dd"
    for days in stride(from: -140_000, through: 190_000, by: 97) {
      let text = CalendarText.date(days: days)
      #expect(text == formatter.string(from: Date(timeIntervalSince1970: Double(days) * 86_400)))
      #expect(CalendarText.days(date: text) == days)
    }
  }

  @Test(
    "what is no day of the calendar is no date",
    arguments: [
      "2013-02-29", "2013-13-01", "2013-7-4", "20130704", "", "2013-07-04T00", "+013-07-04",
    ])
  func notADate(_ text: String) { #expect(CalendarText.days(date: text) == nil) }
}

/// A seeded generator, so that a failure repeats.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
