/// A zone without rules of its own: UTC or a fixed offset. The core carries no time zone database.
struct FixedZone: Hashable, Sendable {
  static let utc = FixedZone(name: "UTC", offset: 0)

  var name: String
  /// Seconds east of UTC.
  var offset: Int

  /// The zone of a name as `timezone("...")` takes it; nil for one that would need a database.
  init?(named name: String) {
    guard ["UTC", "", "Local", "Etc/UTC", "GMT", "Etc/GMT"].contains(name) else { return nil }
    self = .utc
  }

  init(name: String, offset: Int) {
    self.name = name
    self.offset = offset
  }
}

/// An instant to the nanosecond, and the zone in which it is read: Go's `time.Time`.
struct DateTime: Sendable {
  /// Beyond this (some 280,000 years) instants are clamped, so that no arithmetic with them overflows.
  private static let maximumSeconds: Int64 = 9_000_000_000_000

  /// Seconds since 1970-01-01T00:00:00Z.
  let seconds: Int64
  /// 0..<1,000,000,000, counted forwards from `seconds`.
  let nanosecond: Int
  var zone: FixedZone

  init(seconds: Int64, nanosecond: Int = 0, zone: FixedZone = .utc) {
    self.seconds = min(max(seconds, -Self.maximumSeconds), Self.maximumSeconds)
    self.nanosecond = nanosecond
    self.zone = zone
  }

  init(_ timestamp: Timestamp) {
    let (quotient, remainder) = timestamp.milliseconds.quotientAndRemainder(dividingBy: 1000)
    let borrow: Int64 = remainder < 0 ? 1 : 0
    self.init(seconds: quotient - borrow, nanosecond: Int(remainder + borrow * 1000) * 1_000_000)
  }

  private init(instant: Int128, zone: FixedZone) {
    var (seconds, nanosecond) = instant.quotientAndRemainder(dividingBy: 1_000_000_000)
    if nanosecond < 0 { (seconds, nanosecond) = (seconds - 1, nanosecond + 1_000_000_000) }
    self.init(seconds: Int64(clamping: seconds), nanosecond: Int(nanosecond), zone: zone)
  }

  /// Nanoseconds since 1970-01-01T00:00:00Z.
  var instant: Int128 { Int128(seconds) * 1_000_000_000 + Int128(nanosecond) }

  func advanced(by duration: GoDuration) -> DateTime {
    DateTime(instant: instant + Int128(duration.nanoseconds), zone: zone)
  }

  func since(_ earlier: DateTime) -> GoDuration { GoDuration(nanoseconds: Int64(clamping: instant - earlier.instant)) }

  /// This instant at the start of its `duration`, counted from the year 1 as Go does.
  func truncated(to duration: GoDuration) -> DateTime {
    guard duration.nanoseconds > 0 else { return self }
    let sinceYearOne = instant + Int128(62_135_596_800) * 1_000_000_000
    var rest = sinceYearOne % Int128(duration.nanoseconds)
    if rest < 0 { rest += Int128(duration.nanoseconds) }
    return DateTime(instant: instant - rest, zone: zone)
  }

  /// What clocks and calendars in this date's zone show.
  var civil: CivilTime { CivilTime(Timestamp(milliseconds: (seconds + Int64(zone.offset)) * 1000)) }

  /// 0 for Sunday to 6 for Saturday.
  var weekday: Int {
    let days = daysSinceEpoch(year: civil.year, month: civil.month, day: civil.day)
    return ((days + 4) % 7 + 7) % 7
  }

  /// 1 for 1 January.
  var yearDay: Int {
    daysSinceEpoch(year: civil.year, month: civil.month, day: civil.day)
      - daysSinceEpoch(year: civil.year, month: 1, day: 1) + 1
  }

  /// The instant at which `civil` is shown in `zone`. Months and days may lie outside their usual ranges.
  init(_ civil: CivilTime, nanosecond: Int = 0, zone: FixedZone) {
    let days = daysSinceEpoch(year: civil.year, month: civil.month, day: civil.day)
    let time = civil.hour * 3600 + civil.minute * 60 + civil.second
    self.init(seconds: Int64(days * 86_400 + time - zone.offset), nanosecond: nanosecond, zone: zone)
  }

  /// This date moved by whole years, months and days, overflowing as Go's `AddDate`: 31 January + 1 month is 3 March.
  func adding(years: Int, months: Int, days: Int) -> DateTime {
    var moved = civil
    moved.year += years
    moved.month += months
    moved.day += days
    return DateTime(moved, nanosecond: nanosecond, zone: zone)
  }
}

extension DateTime: CustomStringConvertible {
  var description: String { formatted(as: GoTimeLayout("2006-01-02 15:04:05.999999999 -0700 MST")) }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar (Howard Hinnant's `days_from_civil`); the reverse
/// of what `CivilTime` does.
func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
  let monthsFromMarch = year * 12 + month - 3
  let shiftedYear = floorDivided(monthsFromMarch, by: 12)
  let monthFromMarch = monthsFromMarch - shiftedYear * 12
  let era = floorDivided(shiftedYear, by: 400)
  let yearOfEra = shiftedYear - era * 400
  let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
  return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func floorDivided(_ dividend: Int, by divisor: Int) -> Int {
  dividend / divisor - (dividend % divisor < 0 ? 1 : 0)
}

extension CivilTime {
  init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    self.init(Timestamp(milliseconds: 0))
    (self.year, self.month, self.day) = (year, month, day)
    (self.hour, self.minute, self.second) = (hour, minute, second)
  }
}
