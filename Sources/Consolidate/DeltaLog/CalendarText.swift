/// Dates and times of the proleptic Gregorian calendar, in UTC, as Delta writes them.
public enum CalendarText {
  /// `2013-07-04` for a number of days since 1970-01-01.
  public static func date(days: Int) -> String {
    let (year, month, day) = civil(days)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  /// `2013-07-04T12:30:00.250Z` for milliseconds since 1970.
  public static func timestamp(millis: Int) -> String {
    let days = millis.floorDivided(by: 86_400_000)
    let rest = millis - days * 86_400_000
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60)
    return "\(date(days: days))T\(padded(hours, 2)):\(padded(minutes, 2)):\(padded(seconds, 2))"
      + ".\(padded(rest % 1000, 3))Z"
  }

  /// Days since 1970-01-01 of a `YYYY-MM-DD`; nil when it is no day of the calendar.
  public static func days(date text: String) -> Int? {
    let fields = text.split(separator: "-", omittingEmptySubsequences: false)
    guard fields.map(\.utf8.count) == [4, 2, 2],
      fields.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { return nil }
    let numbers = fields.compactMap { Int($0) }
    let days = serial(year: numbers[0], month: numbers[1], day: numbers[2])
    return date(days: days) == text ? days : nil
  }

  // Years are counted from March, so that the leap day ends a year: month m (March = 0) then starts on day
  // (153 m + 2) / 5, and a cycle of 400 years has 146,097 days. 719,468 days lie between 0000-03-01 and 1970-01-01.
  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted.floorDivided(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * dayOfYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
  }

  private static func serial(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted.floorDivided(by: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Int {
  /// The quotient rounded towards minus infinity.
  func floorDivided(by divisor: Int) -> Int {
    let quotient = self / divisor
    return self % divisor != 0 && (self < 0) != (divisor < 0) ? quotient - 1 : quotient
  }
}
