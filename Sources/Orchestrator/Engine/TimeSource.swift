import Foundation
import WorkflowCore

/// The engine's only clock; tests and the simulator bring their own.
public protocol TimeSource: Sendable {
  var now: Timestamp { get }
  /// Returns at `instant`, or throws when the task is cancelled.
  func sleep(until instant: Timestamp) async throws
}

public struct SystemTime: TimeSource {
  public init() {}

  public var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  public func sleep(until instant: Timestamp) async throws {
    let wait = instant.milliseconds(since: now)
    if wait > 0 { try await Task.sleep(for: .milliseconds(wait)) }
  }
}
