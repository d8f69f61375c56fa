/// When a cron workflow runs: five fields (minute, hour, day of month, month, day of week), or `@hourly`, `@daily`,
/// `@every 90m` and the like, as the library reads them that Argo uses (robfig/cron, standard form).
///
/// Pure: what a zone's clocks show is asked of the caller.
public struct CronSchedule: Hashable, Sendable {
  fileprivate enum Form: Hashable, Sendable {
    case fields(Fields)
    /// Seconds, at least 1.
    case every(Int64)
  }

  fileprivate struct Fields: Hashable, Sendable {
    var minutes: UInt64
    var hours: UInt64
    var days: UInt64
    var months: UInt64
    var weekdays: UInt64
    /// Where both days are restricted, either is enough; otherwise both must hold.
    var daysAreAny: Bool
  }

  /// As it was written.
  public let source: String
  private let form: Form

  /// - Throws: what is wrong, in words.
  public init(parsing source: String) throws(CronError) {
    self.source = source
    let words = source.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    guard let first = words.first else { throw CronError("the schedule is empty") }
    if first.hasPrefix("@") {
      form = try Self.named(first, words)
      return
    }
    guard words.count == 5 else {
      throw CronError("a schedule has 5 fields (minute hour day month weekday), not \(words.count)")
    }
    form = .fields(
      Fields(
        minutes: try CronField.minute.bits(words[0]), hours: try CronField.hour.bits(words[1]),
        days: try CronField.day.bits(words[2]), months: try CronField.month.bits(words[3]),
        weekdays: try CronField.weekday.bits(words[4]),
        daysAreAny: CronField.isAny(words[2]) || CronField.isAny(words[4])))
  }

  private static func named(_ name: String, _ words: [String]) throws(CronError) -> Form {
    let lines = [
      "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
      "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    if let line = lines[name], words.count == 1 { return try CronSchedule(parsing: line).form }
    guard name == "@every", words.count == 2, let duration = try? GoDuration(parsing: words[1]) else {
      throw CronError(
        "'\(words.joined(separator: " "))' is no schedule: @hourly, @daily, @weekly, @monthly, @yearly or @every 5m")
    }
    return .every(max(1, duration.nanoseconds / 1_000_000_000))
  }

  /// The first instant after `instant` at which it is due; nil when there is none within five years.
  ///
  /// A local time that a zone's clocks skip is not due; one that they show twice is due twice.
  /// - Parameter offset: seconds by which local clocks are ahead of UTC at an instant.
  public func next(after instant: Timestamp, offset: (Timestamp) -> Int64) -> Timestamp? {
    switch form {
    case .every(let seconds):
      // From whole seconds on, as robfig does.
      return Timestamp(milliseconds: (instant.milliseconds.flooredQuotient(by: 1000) + seconds) * 1000)
    case .fields(let fields): return Self.next(fields, after: instant, offset)
    }
  }

  private static func next(_ fields: Fields, after instant: Timestamp, _ offset: (Timestamp) -> Int64) -> Timestamp? {
    var minute = instant.milliseconds.flooredQuotient(by: 60_000) + 1
    let end = minute + 5 * 366 * 1440
    while minute < end {
      let utc = Timestamp(milliseconds: minute * 60_000)
      let local = CivilTime(utc.advanced(byMilliseconds: offset(utc) * 1000))
      if !fields.hasDay(local) {
        minute = nextDay(minute, local, offset)
      } else if fields.hours & (1 << UInt64(local.hour)) == 0 {
        minute += Int64(60 - local.minute)
      } else if fields.minutes & (1 << UInt64(local.minute)) == 0 {
        minute += 1
      } else {
        return utc
      }
    }
    return nil
  }

  /// The first minute of the next local day. Clocks may be set in between: then the jump is corrected.
  private static func nextDay(_ minute: Int64, _ local: CivilTime, _ offset: (Timestamp) -> Int64) -> Int64 {
    let landing = minute + Int64(1440 - local.hour * 60 - local.minute)
    let utc = Timestamp(milliseconds: landing * 60_000)
    let shown = CivilTime(utc.advanced(byMilliseconds: offset(utc) * 1000))
    let past = Int64(shown.hour * 60 + shown.minute)
    return past > 0 && past <= 180 && landing - past > minute ? landing - past : landing
  }
}

extension CronSchedule.Fields {
  fileprivate func hasDay(_ time: CivilTime) -> Bool {
    guard months & (1 << UInt64(time.month)) != 0 else { return false }
    let weekday = ((daysSinceEpoch(year: time.year, month: time.month, day: time.day) + 4) % 7 + 7) % 7
    let (day, dayOfWeek) = (days & (1 << UInt64(time.day)) != 0, weekdays & (1 << UInt64(weekday)) != 0)
    return daysAreAny ? day && dayOfWeek : day || dayOfWeek
  }
}

extension Int64 {
  fileprivate func flooredQuotient(by divisor: Int64) -> Int64 { self / divisor - (self % divisor < 0 ? 1 : 0) }
}

public struct CronError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// One field: which numbers it may hold, and what they are called.
private struct CronField {
  let name: String
  let range: ClosedRange<Int>
  var names: [String] = []

  static let minute = CronField(name: "minute", range: 0...59)
  static let hour = CronField(name: "hour", range: 0...23)
  static let day = CronField(name: "day", range: 1...31)
  static let month = CronField(
    name: "month", range: 1...12,
    names: ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
  static let weekday = CronField(
    name: "weekday", range: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  static func isAny(_ text: String) -> Bool { text.hasPrefix("*") || text.hasPrefix("?") }

  /// The numbers that the text allows, as bits.
  func bits(_ text: String) throws(CronError) -> UInt64 {
    var all: UInt64 = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) { all |= try bits(part) }
    return all
  }

  private func bits(_ part: Substring) throws(CronError) -> UInt64 {
    let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
    guard let base = pieces.first, pieces.count <= 2, !base.isEmpty else { throw wrong(part) }
    var step = 1
    if pieces.count == 2 {
      guard let number = Int(pieces[1]), number > 0 else { throw wrong(part) }
      step = number
    }
    let (low, high) = try bounds(base, hasStep: pieces.count == 2, part)
    var all: UInt64 = 0
    for number in stride(from: low, through: high, by: step) { all |= 1 << UInt64(number) }
    return all
  }

  private func bounds(_ base: Substring, hasStep: Bool, _ part: Substring) throws(CronError) -> (Int, Int) {
    if base == "*" || base == "?" { return (range.lowerBound, range.upperBound) }
    let ends = base.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count <= 2, let low = number(ends[0]), let high = ends.count == 2 ? number(ends[1]) : low else {
      throw wrong(part)
    }
    guard low <= high, range.contains(low), range.contains(high) else { throw wrong(part) }
    return (low, ends.count == 1 && hasStep ? range.upperBound : high)
  }

  private func number(_ text: Substring) -> Int? {
    let word = text.lowercased()
    if let place = names.firstIndex(of: word), !word.isEmpty { return place }
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(text)
  }

  private func wrong(_ part: Substring) -> CronError {
    CronError("'\(part)' is no \(name): \(range.lowerBound) to \(range.upperBound), *, a-b, a,b or */n")
  }
}
