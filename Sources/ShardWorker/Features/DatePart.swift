import Storage

/// Numbers of dates and timestamps, which do not depend on the unit that a file keeps them in.
enum DateNumbers {
  private static let secondsPerDay = 86_400.0

  /// Turns a column's raw values into seconds since 1970-01-01 UTC, or into a part of the date.
  static func settle(
    _ numbers: UnsafeMutableBufferPointer<Double>, of type: ColumnType,
    _ part: ModelDescription.Feature.DatePart?
  ) {
    guard let seconds = secondsPerUnit(type) else { return }
    for row in numbers.indices {
      let time = numbers[row] * seconds
      numbers[row] = part.map { value($0, time) } ?? time
    }
  }

  /// Nil for columns that hold no times.
  static func secondsPerUnit(_ type: ColumnType) -> Double? {
    switch type {
    case .date32: secondsPerDay
    case .timestamp(let unit, _):
      switch unit {
      case "s": 1
      case "m": 1e-3
      case "u": 1e-6
      default: 1e-9
      }
    default: nil
    }
  }

  private static func value(_ part: ModelDescription.Feature.DatePart, _ seconds: Double) -> Double {
    let days = (seconds / secondsPerDay).rounded(.down)
    let inDay = Int(seconds - days * secondsPerDay)
    switch part {
    case .hour: return Double(inDay / 3600)
    case .minute: return Double(inDay / 60 % 60)
    // 1970-01-01 was a Thursday; Monday is 1.
    case .weekday: return Double(((Int(days) + 3) % 7 + 7) % 7 + 1)
    case .year: return Double(civil(Int(days)).year)
    case .month: return Double(civil(Int(days)).month)
    case .day: return Double(civil(Int(days)).day)
    }
  }

  /// The Gregorian date of a day counted from 1970-01-01: years begin in March here, so that leap days end them.
  static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let isNextYear = month >= 10
    return (yearOfEra + era * 400 + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3, day)
  }

  /// The day of a Gregorian date, counted from 1970-01-01.
  static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
