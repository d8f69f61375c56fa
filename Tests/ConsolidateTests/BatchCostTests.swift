import Foundation
import Testing

@testable import Consolidate

@Suite struct BatchCostTests {
  private static let rate = BatchCost.Rate(pricePerHour: Decimal(string: "3.06") ?? 0, instances: 4)

  @Test("three hours on four instances at $3.06 for 25 million rows cost $36.72, exactly")
  func article() {
    let cost = BatchCost(Self.rate, wallSeconds: 3 * 3600, rows: 25_000_000)
    #expect(cost.total == Decimal(string: "36.72"))
    #expect(cost.perMillionRows == Decimal(string: "1.4688"))
    #expect(cost.perRow == Decimal(string: "0.0000014688"))
    #expect(cost.total.fixed(2) == "36.72")
    #expect(cost.perMillionRows?.fixed(2) == "1.47")
    #expect(cost.perRow?.fixed(10) == "0.0000014688")
    #expect(cost.perRow?.significant(2) == "0.0000015")
    #expect([3, Decimal(string: "0.918") ?? 0].map { $0.atLeast(2) } == ["3.00", "0.918"])
    #expect([0, 2, Decimal(string: "0.0994") ?? 0].map { $0.significant(2) } == ["0.00", "2.0", "0.099"])
  }

  @Test("no rows have no cost per row")
  func noRows() {
    let cost = BatchCost(Self.rate, wallSeconds: 60, rows: 0)
    #expect(cost.perRow == nil && cost.perMillionRows == nil)
    #expect(cost.total == Decimal(string: "0.204"))
  }

  @Test("the JSON holds the digits of the amount")
  func json() throws {
    let cost = BatchCost(Self.rate, wallSeconds: 3 * 3600, rows: 25_000_000)
    let text = String(decoding: try JSONEncoder().encode(cost), as: UTF8.self)
    #expect(text.contains(#""total":36.72"#))
    #expect(text.contains(#""per_row":0.0000014688"#))
    #expect(try JSONDecoder().decode(BatchCost.self, from: Data(text.utf8)) == cost)
  }

  @Test(
    "amounts are written with all their digits",
    arguments: [
      ("0", 2, "0.00"), ("1.005", 2, "1.00"), ("1.015", 2, "1.02"), ("12", 0, "12"), ("-0.004", 2, "0.00"),
      ("-2.5", 1, "-2.5"), ("1234567.891", 2, "1234567.89"),
    ])
  func fixed(_ value: String, _ digits: Int, _ expected: String) {
    #expect(Decimal(string: value)?.fixed(digits) == expected)
  }

  @Test(
    "a price is digits with at most one point",
    arguments: [
      ("3.06", "3.06"), ("3", "3"), (".5", "0.5"), ("3,06", nil), ("3.0.6", nil), ("-1", nil), ("", nil), ("4x", nil),
    ])
  func price(_ text: String, _ expected: String?) {
    #expect(Price(argument: text)?.dollars == expected.flatMap { Decimal(string: $0) })
  }
}
