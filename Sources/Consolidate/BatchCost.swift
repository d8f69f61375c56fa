import Foundation

/// What a batch cost: price per hour times instances times wall-clock hours.
///
/// Decimal, so that cents are cents: 3 h on 4 instances at $3.06 are $36.72, and not a hair less.
struct BatchCost: Equatable, Codable {
  /// What was paid for.
  struct Rate: Equatable {
    /// Dollars for one instance for one hour.
    var pricePerHour: Decimal
    var instances: Int
  }

  var pricePerHour: Decimal
  var instances: Int
  var hours: Decimal
  var total: Decimal
  /// nil when there are no rows to divide by.
  var perRow: Decimal?
  var perMillionRows: Decimal?

  enum CodingKeys: String, CodingKey {
    case instances, hours, total
    case pricePerHour = "price_per_hour"
    case perRow = "per_row"
    case perMillionRows = "per_million_rows"
  }

  init(_ rate: Rate, wallSeconds: Double, rows: Int) {
    pricePerHour = rate.pricePerHour
    instances = rate.instances
    // To the millisecond: binary fractions of a second have no place in a bill.
    let seconds = Decimal(Int((wallSeconds * 1000).rounded())) / 1000
    hours = (seconds / 3600).rounded(6)
    let exact = rate.pricePerHour * Decimal(rate.instances) * seconds / 3600
    total = exact.rounded(10)
    perRow = rows > 0 ? (exact / Decimal(rows)).rounded(16) : nil
    perMillionRows = rows > 0 ? (exact * 1_000_000 / Decimal(rows)).rounded(10) : nil
  }
}

extension Decimal {
  /// To so many digits behind the point, half to even.
  func rounded(_ digits: Int) -> Decimal {
    var (value, rounded) = (self, Decimal())
    NSDecimalRound(&rounded, &value, digits, .bankers)
    return rounded
  }

  /// Rounded, with exactly so many digits behind the point.
  func fixed(_ digits: Int) -> String {
    let rounded = rounded(digits)
    let text = rounded.magnitude.description
    let point = text.firstIndex(of: ".")
    let whole = point.map { text[..<$0] } ?? text[...]
    let fraction = point.map { String(text[text.index(after: $0)...]) } ?? ""
    let padding = String(repeating: "0", count: max(0, digits - fraction.count))
    return (rounded.isSignMinus && !rounded.isZero ? "-" : "") + whole
      + (digits > 0 ? "." + fraction + padding : "")
  }
}
