import Foundation

/// What a batch cost: price per hour times instances times wall-clock hours.
///
/// Decimal, so that cents are cents: 3 h on 4 instances at $3.06 are $36.72, and not a hair less.
struct BatchCost: Equatable, Codable, Sendable {
  /// What was paid for.
  struct Rate: Equatable, Sendable {
    /// Dollars for one instance for one hour.
    var pricePerHour: Decimal
    var instances: Int
    /// `p3.2xlarge`, where a price table gave the price.
    var instanceType: String?
    var market: Market?
    /// What one instance draws, if that is known.
    var watts: Decimal?
  }

  enum Market: String, Codable, Sendable {
    case onDemand = "on_demand"
    case spot
  }

  /// What went to attempts that did not finish: time between a shard's first start and its end that the last attempt
  /// did not use. Waiting for a new attempt counts, work that a checkpoint saved is not taken off: an upper bound.
  struct Retries: Equatable, Codable, Sendable {
    var seconds: Decimal
    var cost: Decimal
  }

  var pricePerHour: Decimal
  var instances: Int
  var hours: Decimal
  var total: Decimal
  /// nil when there are no rows to divide by.
  var perRow: Decimal?
  var perMillionRows: Decimal?
  var instanceType: String?
  var market: Market?
  var retries: Retries?
  var energyKWh: Decimal?

  enum CodingKeys: String, CodingKey {
    case instances, hours, total, market, retries
    case instanceType = "instance_type"
    case energyKWh = "energy_kwh"
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
    instanceType = rate.instanceType
    market = rate.market
    energyKWh = rate.watts.map { ($0 * Decimal(rate.instances) * seconds / 3_600_000).rounded(6) }
  }

  /// With what retries cost.
  init(_ rate: Rate, run: StagedRun, wallSeconds: Double) {
    self.init(rate, wallSeconds: wallSeconds, rows: run.rows)
    let lost = run.receipts.reduce(0.0) { sum, receipt in
      let wall = (try? BatchTimings.seconds(of: receipt)) ?? 0
      // Starts and ends are in whole seconds, or in whole milliseconds.
      let isFine = receipt.startedAt.contains(".") && receipt.finishedAt.contains(".")
      return sum + max(0, wall - receipt.seconds.total - (isFine ? 0.001 : 1))
    }
    guard lost >= 0.01 else { return }
    let seconds = Decimal(Int((lost * 1000).rounded())) / 1000
    // Shards that took turns on one instance waited for each other as well.
    retries = Retries(seconds: seconds, cost: min(total, (rate.pricePerHour * seconds / 3600).rounded(10)))
  }
}

extension Decimal {
  /// To so many digits behind the point, half to even.
  func rounded(_ digits: Int) -> Decimal {
    var (value, rounded) = (self, Decimal())
    NSDecimalRound(&rounded, &value, digits, .bankers)
    return rounded
  }

  /// In full, with so many digits behind the point or more: `3.00`, `0.918`.
  func atLeast(_ digits: Int) -> String { rounded(digits) == self ? fixed(digits) : description }

  /// Rounded to so many digits that count, in full: `0.0000015`.
  func significant(_ digits: Int) -> String {
    guard !isZero else { return fixed(digits) }
    var (least, places) = (Decimal(1), 0)
    while magnitude < least {
      least /= 10
      places += 1
    }
    return fixed(max(0, places + digits - 1))
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
