import RunFiles
import Storage

/// What is known of a column's values in one row group, as far as conditions need it.
struct FilterBounds {
  private let field: Field
  private let nullCount: Int?
  /// Nil when nothing is known.
  private let range: (low: ColumnStatistics.Bound, high: ColumnStatistics.Bound)?

  init(_ statistics: ColumnStatistics, _ field: Field) {
    self.field = field
    nullCount = statistics.nullCount
    guard let low = statistics.minimum, let high = statistics.maximum else {
      range = nil
      return
    }
    range = Self.corrected(low, high, field.type)
  }

  /// A value that stands in the path: the same in all rows.
  init(partitionValue text: String, _ column: String) {
    nullCount = 0
    if let integer = Int64(text) {
      field = Field(column, .int64)
      range = (.integer(integer), .integer(integer))
    } else {
      field = Field(column, .string)
      range = (.text(text), .text(text))
    }
  }

  /// Statistics hold the bits of unsigned numbers.
  private static func corrected(
    _ low: ColumnStatistics.Bound, _ high: ColumnStatistics.Bound, _ type: ColumnType
  ) -> (ColumnStatistics.Bound, ColumnStatistics.Bound)? {
    guard case (.integer(let low), .integer(let high)) = (low, high) else { return (low, high) }
    switch type {
    case .uint32:
      return (
        .integer(Int64(UInt32(truncatingIfNeeded: low))), .integer(Int64(UInt32(truncatingIfNeeded: high)))
      )
    case .uint64 where low < 0 || high < 0: return nil
    default: return (.integer(low), .integer(high))
    }
  }

  /// Whether some row may meet a condition.
  func mayMeet(_ condition: RowGroupFilter.Condition, rows: Int, path: String) throws(WorkerError) -> Bool {
    switch condition.test {
    case .isNull: return nullCount != 0
    case .isNotNull: return nullCount != rows
    case .compare(let comparison, let literal):
      let value = try bound(literal, condition.column, path)
      guard nullCount != rows else { return false }
      return mayBe(comparison, value)
    case .oneOf(let literals):
      var may = false
      for literal in literals {
        let value = try bound(literal, condition.column, path)
        may = mayBe(.equal, value) || may
      }
      return may && nullCount != rows
    }
  }

  private func mayBe(_ comparison: RowGroupFilter.Comparison, _ value: ColumnStatistics.Bound) -> Bool {
    guard let range, let low = order(range.low, value), let high = order(range.high, value) else { return true }
    switch comparison {
    case .equal: return low <= 0 && high >= 0
    // NaN is in no statistics, and differs from everything.
    case .unequal: return low != 0 || high != 0 || field.type.isFloating
    case .below: return low < 0
    case .atMost: return low <= 0
    case .above: return high > 0
    case .atLeast: return high >= 0
    }
  }

  /// -1, 0 or 1 as the first value is below, equal to or above the second; nil when that cannot be told exactly.
  private func order(_ left: ColumnStatistics.Bound, _ right: ColumnStatistics.Bound) -> Int? {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): return left < right ? -1 : left > right ? 1 : 0
    case (.text(let left), .text(let right)):
      if left == right { return 0 }
      return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    case (.boolean(let left), .boolean(let right)): return left == right ? 0 : left ? 1 : -1
    case (.real(let left), .real(let right)): return left < right ? -1 : left > right ? 1 : left == right ? 0 : nil
    case (.integer(let left), .real(let right)):
      return left.magnitude < 1 << 53 ? order(.real(Double(left)), .real(right)) : nil
    case (.real(let left), .integer(let right)):
      return right.magnitude < 1 << 53 ? order(.real(left), .real(Double(right))) : nil
    default: return nil
    }
  }

  /// A literal as a value of the column's type.
  private func bound(
    _ literal: RowGroupFilter.Literal, _ column: String, _ path: String
  ) throws(WorkerError) -> ColumnStatistics.Bound {
    switch (literal, field.type) {
    case (.text(let text), .date32), (.text(let text), .timestamp):
      if let value = moment(text) { return .integer(value) }
    case (.text(let text), let type) where type.isText: return .text(text)
    case (.boolean(let value), .boolean): return .boolean(value)
    case (.integer(let value), let type) where type.isNumeric && type != .boolean: return .integer(value)
    case (.real(let value), let type) where type.isNumeric && type != .boolean: return .real(value)
    // A value of a path is a number only because it looks like one.
    case (.text(let text), .int64): if let value = Int64(text) { return .integer(value) }
    default: break
    }
    throw .wrongColumnType(
      path: path, column: column, found: field.type.name, purpose: "part of --where",
      needed: "of a type that can be compared with \(literal)")
  }

  private func moment(_ text: String) -> Int64? {
    guard let seconds = Moment.seconds(text), let unit = DateNumbers.secondsPerUnit(field.type) else { return nil }
    return Int64((Double(seconds) / unit).rounded())
  }
}

/// Dates and times as they are written: `2013-07-04`, `2013-07-04 05:15`, `2013-07-04T05:15:00Z`; all UTC.
enum Moment {
  /// Seconds since 1970-01-01.
  static func seconds(_ text: String) -> Int? {
    let text = text.hasSuffix("Z") ? text.dropLast() : text[...]
    let halves = text.split(whereSeparator: { $0 == " " || $0 == "T" })
    guard let date = halves.first, halves.count <= 2 else { return nil }
    let days = date.split(separator: "-").compactMap { Int($0) }
    guard days.count == 3, date.split(separator: "-").count == 3, (1...12).contains(days[1]),
      (1...31).contains(days[2])
    else { return nil }
    var clock = [0, 0, 0]
    if halves.count == 2 {
      let given = halves[1].split(separator: ":").compactMap { Int($0) }
      guard (2...3).contains(given.count), given.count == halves[1].split(separator: ":").count else { return nil }
      clock.replaceSubrange(0..<given.count, with: given)
    }
    let day = DateNumbers.days(year: days[0], month: days[1], day: days[2])
    return day * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
  }
}
