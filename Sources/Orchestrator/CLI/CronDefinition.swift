import Foundation
import StateFile
import WorkflowCore

/// A kept cron workflow: when it is due, and what it may do then.
struct CronDefinition {
  enum ConcurrencyPolicy: String { case allow = "Allow", forbid = "Forbid", replace = "Replace" }

  let object: StoredObject
  let schedules: [CronSchedule]
  private let spec: WorkflowCore.Value

  init(_ object: StoredObject) {
    self.object = object
    spec = object.manifest["spec"] ?? .null
    let sources = spec["schedules"]?.arrayValue?.map(\.tagText) ?? spec["schedule"].map { [$0.tagText] } ?? []
    schedules = sources.compactMap { try? CronSchedule(parsing: $0) }
  }

  var sources: [String] { schedules.map(\.source) }
  var timezone: String? { spec["timezone"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }
  var isSuspended: Bool { spec["suspend"] == .bool(true) || object.status?["phase"]?.stringValue == "Stopped" }
  var concurrencyPolicy: ConcurrencyPolicy {
    spec["concurrencyPolicy"]?.stringValue.flatMap(ConcurrencyPolicy.init) ?? .allow
  }
  var startingDeadlineSeconds: Int64 { number("startingDeadlineSeconds") ?? 0 }
  var successfulJobsHistoryLimit: Int64 { number("successfulJobsHistoryLimit") ?? 3 }
  var failedJobsHistoryLimit: Int64 { number("failedJobsHistoryLimit") ?? 1 }

  var lastScheduled: Timestamp? { time("lastScheduledMilliseconds") }

  private func time(_ name: String) -> Timestamp? {
    guard case .int(let milliseconds) = object.status?[name] else { return nil }
    return Timestamp(milliseconds: milliseconds)
  }

  private func number(_ name: String) -> Int64? {
    guard case .int(let number) = spec[name] else { return nil }
    return number
  }

  /// The first time after `instant` at which some schedule is due.
  func next(after instant: Timestamp) -> Timestamp? {
    let zone = timezone.flatMap(TimeZone.init(identifier:)) ?? TimeZone.current
    return schedules.compactMap { schedule in
      schedule.next(after: instant) { instant in
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000)))
      }
    }.min()
  }

  /// The latest time before `now` that was missed, if it still counts.
  func missed(at now: Timestamp) -> Timestamp? {
    guard startingDeadlineSeconds > 0, let last = lastScheduled else { return nil }
    var latest: Timestamp?
    var instant = max(last, now.advanced(byMilliseconds: -startingDeadlineSeconds * 1000))
    while let next = next(after: instant), next <= now, next > instant { (latest, instant) = (next, next) }
    return latest
  }
}
