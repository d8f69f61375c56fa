import Foundation

/// Adds up the time that a stage works, without the time it waits for its neighbours.
final class StageClock: @unchecked Sendable {
  // Sendable: guarded by `lock`.

  private let lock = NSLock()
  private var total = Duration.zero

  func measure<Result, Failure: Error>(
    _ work: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = ContinuousClock.now
    defer {
      let spent = ContinuousClock.now - start
      lock.withLock { total += spent }
    }
    return try work()
  }

  var seconds: Double {
    lock.withLock { total.seconds }
  }
}

extension Duration {
  /// In seconds, with a fraction.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
