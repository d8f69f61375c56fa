import Testing

@testable import WorkflowCore

@Suite("Cron schedules")
struct CronScheduleTests {
  private static func instant(_ text: String) -> Timestamp {
    let parts = text.split { !$0.isNumber }.compactMap { Int($0) }
    let civil = CivilTime(
      year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: 0)
    let days = daysSinceEpoch(year: civil.year, month: civil.month, day: civil.day)
    return Timestamp(milliseconds: Int64(days * 86_400 + civil.hour * 3600 + civil.minute * 60) * 1000)
  }

  @Test(
    "the next time is the first that all fields allow",
    arguments: [
      ("* * * * *", "2013-07-04 05:00", "2013-07-04T05:01:00Z"),
      ("*/15 * * * *", "2013-07-04 05:16", "2013-07-04T05:30:00Z"),
      ("0 3 * * *", "2013-07-04 05:00", "2013-07-05T03:00:00Z"),
      ("30 22 31 * *", "2013-08-31 22:30", "2013-10-31T22:30:00Z"),
      ("0 0 29 2 *", "2013-01-01 00:00", "2016-02-29T00:00:00Z"),
      ("0 9 * * mon-fri", "2013-07-05 09:00", "2013-07-08T09:00:00Z"),
      ("0 0 13 * FRI", "2013-07-04 05:00", "2013-07-05T00:00:00Z"),
      ("0 0 */10 * 0", "2013-07-04 05:00", "2013-07-21T00:00:00Z"),
      ("5-10/5,50 1 * jan *", "2013-12-31 23:59", "2014-01-01T01:05:00Z"),
      ("@hourly", "2013-07-04 05:00", "2013-07-04T06:00:00Z"),
      ("@weekly", "2013-07-04 05:00", "2013-07-07T00:00:00Z"),
      ("@every 90m", "2013-07-04 05:00", "2013-07-04T06:30:00Z"),
    ])
  func next(source: String, after: String, expected: String) throws {
    let schedule = try CronSchedule(parsing: source)
    #expect(schedule.next(after: Self.instant(after)) { _ in 0 }?.rfc3339 == expected)
  }

  @Test("a date that never comes is none")
  func never() throws {
    #expect(try CronSchedule(parsing: "0 0 30 2 *").next(after: Self.instant("2013-01-01 00:00")) { _ in 0 } == nil)
  }

  /// New York in 2013: clocks go forward on 10 March at 7:00 UTC, and back on 3 November at 6:00 UTC.
  private static func newYork(_ instant: Timestamp) -> Int64 {
    let summer = Self.instant("2013-03-10 07:00")..<Self.instant("2013-11-03 06:00")
    return summer.contains(instant) ? -4 * 3600 : -5 * 3600
  }

  @Test(
    "local times that clocks skip are not due, and those they show twice are due twice",
    arguments: [
      ("30 2 * * *", "2013-03-09 12:00", ["2013-03-11T06:30:00Z", "2013-03-12T06:30:00Z"]),
      ("30 1 * * *", "2013-11-02 12:00", ["2013-11-03T05:30:00Z", "2013-11-03T06:30:00Z", "2013-11-04T06:30:00Z"]),
      ("0 0 * * *", "2013-03-09 12:00", ["2013-03-10T05:00:00Z", "2013-03-11T04:00:00Z"]),
    ])
  func clockChanges(source: String, after: String, expected: [String]) throws {
    let schedule = try CronSchedule(parsing: source)
    var (instant, found) = (Self.instant(after), [String]())
    for _ in expected {
      guard let next = schedule.next(after: instant, offset: Self.newYork) else { break }
      found.append(next.rfc3339)
      instant = next
    }
    #expect(found == expected)
  }

  @Test(
    "what is no schedule is refused, with the field that is wrong",
    arguments: [
      ("", "the schedule is empty"), ("* * * *", "a schedule has 5 fields (minute hour day month weekday), not 4"),
      ("60 * * * *", "'60' is no minute: 0 to 59, *, a-b, a,b or */n"),
      ("* * 0 * *", "'0' is no day: 1 to 31, *, a-b, a,b or */n"),
      ("* * * foo *", "'foo' is no month: 1 to 12, *, a-b, a,b or */n"),
      ("* 5-3 * * *", "'5-3' is no hour: 0 to 23, *, a-b, a,b or */n"),
      ("*/0 * * * *", "'*/0' is no minute: 0 to 59, *, a-b, a,b or */n"),
      ("1,,2 * * * *", "'' is no minute: 0 to 59, *, a-b, a,b or */n"),
    ])
  func wrong(source: String, message: String) {
    #expect(throws: CronError(message)) { try CronSchedule(parsing: source) }
  }
}
