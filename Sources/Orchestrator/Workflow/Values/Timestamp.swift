/// An instant: milliseconds since 1970-01-01T00:00:00Z. Leap seconds do not exist here, as in POSIX.
public struct Timestamp: Hashable, Comparable, Sendable {
  public var milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  /// Milliseconds from `earlier` to this instant; negative when the clock was set back in between.
  public func milliseconds(since earlier: Timestamp) -> Int64 { milliseconds - earlier.milliseconds }

  public func advanced(byMilliseconds delta: Int64) -> Timestamp {
    Timestamp(milliseconds: milliseconds.addingReportingOverflow(delta).partialValue)
  }
}

/// The civil date and time of an instant in UTC (proleptic Gregorian calendar).
public struct CivilTime: Hashable, Sendable {
  public var year: Int, month: Int, day: Int
  public var hour: Int, minute: Int, second: Int

  /// Days are counted in eras of 400 years that begin on 1 March, so that the leap day falls at the end of a year
  /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  public init(_ instant: Timestamp) {
    let seconds = floorDivide(instant.milliseconds, 1000)
    let days = floorDivide(seconds, 86_400)
    let secondOfDay = Int(seconds - days * 86_400)
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
  }
}

private func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
  let quotient = dividend / divisor
  return dividend % divisor < 0 ? quotient - 1 : quotient
}

extension Timestamp {
  /// RFC 3339 in UTC to the second, as Kubernetes prints times: `2013-07-04T05:06:07Z`.
  public var rfc3339: String {
    let civil = CivilTime(self)
    return "\(pad(civil.year, 4))-\(pad(civil.month))-\(pad(civil.day))"
      + "T\(pad(civil.hour)):\(pad(civil.minute)):\(pad(civil.second))Z"
  }
}

/// `number` with leading zeros up to `width` digits.
func pad(_ number: Int, _ width: Int = 2) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
